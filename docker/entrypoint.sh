#!/bin/sh
# Starts what it is given, never as root.
#
# Docker creates the directory of a bind mount as root's, where the broker could not write. So, when the container is
# started as root, what lies in the log directories is given to the user `node` first, and the rights of root are then
# given up for good. A container that is started as somebody else (`docker run --user`, runAsUser) gets there directly;
# its directories have to be writable already.
set -eu

if [ "$(id -u)" != 0 ]; then
  exec "$@"
fi

# Directories are separated by commas; their names may hold spaces and stars.
set -f
IFS=,
for directory in ${STREAMBUS_LOG_DIRS:-/data}; do
  mkdir -p "$directory"
  # Only what is not node's yet: on every start but the first that is a look at each file's owner.
  find "$directory" ! -user node -exec chown -h node:node {} +
done
unset IFS
set +f

export HOME=/home/node
exec setpriv --reuid=node --regid=node --init-groups --inh-caps=-all --no-new-privs -- "$@"
