# The image, by buildah, as an archive that docker, podman and skopeo can load.
# shellcheck shell=bash
# shellcheck disable=SC2154 # out, version and log are set by the script

pack_image() {
    local folder=$out/$1/image arch
    arch=$(debian_arch "$1")
    mkdir -p "$folder/data"
    install -D -m 755 "$(program "$1")" "$folder/bin/tidings"
    # Docker's format, because the standard one has no health check.
    with_buildah build --quiet --format docker --timestamp "$SOURCE_DATE_EPOCH" --arch "$arch" \
        --label "org.opencontainers.image.title=Tidings" --label "org.opencontainers.image.version=$version" \
        --label "org.opencontainers.image.licenses=Apache-2.0" \
        --file packaging/Containerfile --tag "tidings:$version" "$folder"
    with_buildah push --quiet "tidings:$version" "docker-archive:$out/tidings-$version-$1-image.tar:tidings:$version"
}

# Keeps its data in target/dist, and needs no container to run.
with_buildah() {
    buildah --storage-driver vfs --root "$PWD/$out/buildah" --runroot "$PWD/$out/buildah-run" "$@" >>"$log" 2>&1 ||
        stop "\`buildah $1\` failed (see $log)"
}
