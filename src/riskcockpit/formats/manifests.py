"""purl types told by the files that list packages, for reports that do not say them."""

from __future__ import annotations

from riskcockpit.formats.package_types import GENERIC

_FILES = {
    "maven": ("pom.xml", "build.gradle", "build.gradle.kts", "gradle.lockfile", "build.sbt",
              "maven-dependencies.json", "gradle.dependencies.lock"),
    "npm": ("package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock",
            "pnpm-lock.yaml", "bun.lock"),
    "pypi": ("requirements.txt", "pipfile", "pipfile.lock", "poetry.lock", "pyproject.toml",
             "setup.py", "setup.cfg", "uv.lock", "pdm.lock", "pylock.toml", "requirements.pip",
             "requires.txt"),
    "gem": ("gemfile", "gemfile.lock", "gems.rb", "gems.locked"),
    "golang": ("go.mod", "go.sum", "gopkg.lock", "go.list"),
    "cargo": ("cargo.toml", "cargo.lock"),
    "composer": ("composer.json", "composer.lock"),
    "nuget": ("packages.config", "packages.lock.json", "project.assets.json",
              "directory.packages.props", "paket.lock"),
    "pub": ("pubspec.yaml", "pubspec.lock"),
    "hex": ("mix.exs", "mix.lock", "rebar.lock"),
    "swift": ("package.swift", "package.resolved"),
    "cocoapods": ("podfile", "podfile.lock"),
    "conan": ("conanfile.txt", "conanfile.py", "conan.lock"),
    "github": ("action.yml", "action.yaml"),
}  # fmt: skip
_BY_NAME = {name: type_ for type_, names in _FILES.items() for name in names}
_BY_SUFFIX = {
    ".csproj": "nuget", ".vbproj": "nuget", ".fsproj": "nuget", ".nuspec": "nuget",
    ".deps.json": "nuget", ".gemspec": "gem",
}  # fmt: skip


def type_of_manifest(path: str) -> str:
    """Return the purl type of the packages that the file at `path` lists; else `generic`."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name.startswith("requirements") and name.endswith((".txt", ".in")):
        return "pypi"
    if ".github/workflows/" in path:
        return "github"
    return next((type_ for suffix, type_ in _BY_SUFFIX.items() if name.endswith(suffix)), GENERIC)
