"""purl types for the words tools use for package managers and operating systems."""

from __future__ import annotations

GENERIC = "generic"
OS_TYPES = frozenset({"deb", "apk", "rpm", "alpm", "bitnami", "qpkg"})
"""purl types of packages that come with an operating system."""

_TYPES = {
    "deb": ("debian", "ubuntu", "dpkg", "deb", "echo"),
    "apk": ("alpine", "apk", "wolfi", "chainguard", "minimos"),
    "rpm": (
        "rpm", "redhat", "centos", "rocky", "alma", "amazon", "oracle", "fedora", "suse",
        "opensuse", "opensuse-leap", "opensuse-tumbleweed", "suse linux enterprise server",
        "suse linux enterprise micro", "photon", "cbl-mariner", "azurelinux", "openeuler", "rhel",
        "sles", "almalinux", "rockylinux", "amzn", "red hat", "rocky linux", "oraclelinux",
        "amazonlinux", "photon os", "azure linux", "mariner", "mageia",
    ),
    "alpm": ("alpm", "arch", "archlinux"),
    "pypi": (
        "pip", "pipenv", "poetry", "python-pkg", "python", "uv", "pylock", "pypi", "setuptools",
    ),
    "npm": (
        "npm", "yarn", "pnpm", "bun", "node-pkg", "javascript", "nodejs", "node.js", "deno",
        "a-name",
    ),
    "maven": (
        "jar", "java-archive", "pom", "gradle", "sbt", "sbt-lockfile", "maven", "jenkins-plugin",
        "gradle-lockfile", "gav", "java",
    ),
    "golang": (
        "gomod", "gomodules", "golangdep", "govendor", "gobinary", "go-module", "golang", "go",
    ),
    "gem": ("bundler", "gemspec", "gem", "ruby", "rubygems"),
    "cargo": ("cargo", "rustbinary", "rust-binary", "rust", "rust-crate", "crates.io"),
    "composer": (
        "composer", "composer-vendor", "php-composer", "php", "php-composer-installed", "packagist",
    ),
    "nuget": ("nuget", "dotnet-core", "dotnet", "packages-props", "dotnet-deps", "paket"),
    "conan": ("conan", "conancenter"),
    "pub": ("pub", "dart-pub", "dart"),
    "hex": ("hex", "mix", "erlang-otp", "erlang"),
    "swift": ("swift", "swiftpm", "swifturl"),
    "cocoapods": ("cocoapods", "pod"),
    "conda": ("conda-pkg", "conda", "conda-environment"),
    "cran": ("cran", "r-package"),
    "julia": ("julia",),
    "k8s": ("kubernetes", "k8s"),
    "bitnami": ("bitnami",),
    "github": ("github-action", "github", "actions", "github actions", "githubactions"),
}  # fmt: skip
_BY_WORD = {word: type_ for type_, words in _TYPES.items() for word in words}


def purl_type(word: str) -> str:
    """Return the purl type for a tool's word for a package manager; `generic` when unknown."""
    return _BY_WORD.get(word.strip().lower(), GENERIC)


def layer_of(type_: str) -> str:
    """Return `os` or `lang` for a purl type; empty for one that says neither."""
    if type_ == GENERIC:
        return ""
    return "os" if type_ in OS_TYPES else "lang"
