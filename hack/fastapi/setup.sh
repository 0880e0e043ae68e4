#!/usr/bin/env bash
# Makes a folder with FastAPI 0.115 on uvicorn, from the packages of Debian 13, and starts it:
#
#	hack/fastapi/setup.sh FOLDER [PORT]
#
# Needs root, and debootstrap (a package of Debian). It is there to compare with: hack/fastapi/record.py records its
# answers, and make bench-sample measures it with FASTAPI=http://127.0.0.1:PORT.
set -euo pipefail

folder=${1:?the folder}
port=${2:-8001}
packages=python3-fastapi,python3-uvicorn,python3-httptools,python3-uvloop

if [[ ! -x $folder/usr/bin/python3 ]]; then
	debootstrap --variant=minbase --include="$packages" trixie "$folder" >&2
fi
install -m 0644 "$(dirname "$0")/app.py" "$folder/srv/app.py"
exec chroot "$folder" python3 -m uvicorn --app-dir /srv app:app --host 127.0.0.1 --port "$port"
