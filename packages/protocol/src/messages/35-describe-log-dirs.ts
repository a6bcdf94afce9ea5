import { api, array, boolean, int16, int32, int64, type Message, message, string } from '../schema/index.ts'

/** Null topics mean all partitions of this broker. */
export const describeLogDirsRequest = message({
  name: 'DescribeLogDirsRequest',
  versions: '1-4',
  flexible: '2+',
  fields: [array('topics', [string('topic'), array('partitions', 'int32')], { nullable: '0+' })]
})
export type DescribeLogDirsRequest = Message<typeof describeLogDirsRequest>

/** −1 total or usable bytes mean: not known. */
export const describeLogDirsResponse = message({
  name: 'DescribeLogDirsResponse',
  versions: '1-4',
  flexible: '2+',
  fields: [
    int32('throttleTimeMs', { fallback: 0 }),
    int16('errorCode', { since: 3, ignorable: true }),
    array('results', [
      int16('errorCode'),
      string('logDir'),
      array('topics', [
        string('name'),
        array('partitions', [
          int32('partitionIndex'),
          int64('partitionSize'),
          int64('offsetLag'),
          boolean('isFutureKey')
        ])
      ]),
      int64('totalBytes', { since: 4, fallback: -1, ignorable: true }),
      int64('usableBytes', { since: 4, fallback: -1, ignorable: true })
    ])
  ]
})
export type DescribeLogDirsResponse = Message<typeof describeLogDirsResponse>

export const describeLogDirsApi = api({
  key: 35,
  name: 'DescribeLogDirs',
  request: describeLogDirsRequest,
  response: describeLogDirsResponse
})
