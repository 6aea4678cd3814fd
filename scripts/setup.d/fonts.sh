# A font with Chinese characters, for the pictures of the pages: their language switch is labelled in Chinese.
# shellcheck shell=bash

setup_fonts() {
    command -v fc-list >/dev/null || install_packages "the set-up asks it for fonts" fontconfig
    [ -z "$(fc-list :lang=zh)" ] || return 0
    install_packages "the pictures of the pages contain Chinese text" fonts-wqy-zenhei
}
