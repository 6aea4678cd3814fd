# A formula for Homebrew on Linux, which installs the static program of a release. Not tested with `brew`. Before a release
# replace VERSION, OWNER and the sums, which are in SHA256SUMS.
class Tidings < Formula
  desc "Self-hosted push server: tells browsers at once and loses nothing"
  homepage "https://github.com/OWNER/tidings"
  version "VERSION"
  license "Apache-2.0"
  depends_on :linux

  on_intel do
    url "https://github.com/OWNER/tidings/releases/download/v#{version}/tidings-#{version}-x86_64-linux.tar.gz"
    sha256 "SUM_OF_THE_FILE_FOR_X86_64"
  end
  on_arm do
    url "https://github.com/OWNER/tidings/releases/download/v#{version}/tidings-#{version}-aarch64-linux.tar.gz"
    sha256 "SUM_OF_THE_FILE_FOR_AARCH64"
  end

  def install
    bin.install "tidings"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/tidings.bash" => "tidings"
    zsh_completion.install "completions/tidings.zsh" => "_tidings"
    fish_completion.install "completions/tidings.fish"
  end

  service do
    run [opt_bin/"tidings", "serve", "--data-dir", var/"tidings"]
    keep_alive true
  end

  test do
    assert_match "tidings #{version}", shell_output("#{bin}/tidings --version")
  end
end
