import fs from 'node:fs'
import { loadConfig } from '@streambus/broker'
import { expect, test } from 'vitest'
import { inRepository, readText } from './files.ts'

const guide = readText('docs/DEPLOY.md')

test('docs/DEPLOY.md names files that are there', () => {
  const named = [...guide.matchAll(/(?<![\w/.-])(?:docker|deploy|alerts|tools|docs)\/[\w./-]*\w/g)].map(
    ([file]) => file
  )
  expect(new Set(named).size).toBeGreaterThan(15)
  for (const file of named) expect(fs.existsSync(inRepository(file)), file).toBe(true)
})

test('docs/DEPLOY.md names the versions of docker/compose.yaml and docker/Dockerfile', () => {
  const images = [...readText('docker/compose.yaml').matchAll(/image: (\S+:v?\d\S*)/g)].map(([, image]) => image ?? '')
  const versions = images.map(image => image.replace(/^.*:v?/, ''))
  expect(versions).toHaveLength(7)
  const list = /^Versions, looked up on [^]*?\n\n/m.exec(guide)?.[0]
  for (const version of versions) expect(list).toContain(` ${version}`)
  // Commands for single containers.
  const used = [...guide.matchAll(/\b(?:prom|grafana|jaegertracing)\/[\w-]+:v?[\d.]+\d/g)].map(([image]) => image)
  expect(used.length).toBeGreaterThan(3)
  for (const image of used) expect(images).toContain(image)
  expect(guide).toContain(/^FROM (node:\S+)/m.exec(readText('docker/Dockerfile'))?.[1])
})

test('docs/DEPLOY.md runs the compose file of the guide where it has what it mounts, and no data of npm start', () => {
  const block = [...guide.matchAll(/```sh\n([^`]*)```/g)]
    .map(([, text = '']) => text)
    .find(text => text.includes('guide'))
  const [, copied = '', to = ''] = /^cp -r (.*) (\S+)$/m.exec(block ?? '') ?? []
  expect(block).toContain(`cd ${to} && docker compose up`)
  expect(to).toMatch(/^~/)
  const mounts = [...readText('docker/guide/docker-compose.yml').matchAll(/- \.\/([\w.]+):/g)].map(([, name]) => name)
  expect(mounts).toContain('data')
  const names = copied.split(' ').map(file => file.split('/').at(-1))
  expect(names).toEqual(expect.arrayContaining(mounts.filter(name => name !== 'data')))
})

test('docs/DEPLOY.md gives settings that the broker takes', async () => {
  const example = /```sh\n(STREAMBUS_LISTENERS=[^`]+)```/.exec(guide)?.[1] ?? ''
  const pairs = example.trim().split('\n')
  expect(pairs).toHaveLength(3)
  const environment = Object.fromEntries(pairs.map(pair => pair.split(/=(.*)/s).slice(0, 2) as [string, string]))
  const { advertised } = await loadConfig({ environment })
  expect(advertised.map(({ host }) => host)).toEqual(['localhost', 'streambus'])
})
