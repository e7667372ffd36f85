#!/usr/bin/env bash
# Chromium, Firefox and WebKitGTK from the distribution's own packages (Debian; about a minute).
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends chromium firefox-esr webkit2gtk-driver xvfb
