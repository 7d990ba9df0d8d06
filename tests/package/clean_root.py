"""A folder with Debian as it is when it is new, made of this machine's own installed packages: nothing is fetched.

    python3 clean_root.py FOLDER PACKAGE…     the essential packages, those named, and all that they depend on

What is not in there is not there: a program that runs in it needs nothing beyond what its package depends on.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

# What nothing runs by, and takes long to copy.
LEFT_OUT = re.compile(r"^/usr/share/(doc|man|info|locale|i18n|bug|lintian|icons)/")
FIELDS = ("Package", "Architecture", "Essential", "Provides", "Pre-Depends", "Depends")


def installed() -> list[dict[str, str]]:
    form = "\\t".join("${" + name + "}" for name in FIELDS) + "\\t${db:Status-Status}\\n"
    lines = subprocess.run(["dpkg-query", "-W", "-f", form], check=True, capture_output=True, text=True).stdout
    rows = [line.split("\t") for line in lines.splitlines()]
    return [dict(zip(FIELDS, row)) for row in rows if row[-1] == "installed"]


def names_in(relation: str) -> list[list[str]]:
    """`a (>= 1) | b, c` as [[a, b], [c]]."""
    groups = [group.split("|") for group in relation.split(",") if group.strip()]
    return [[re.split(r"[\s(:\[]", name.strip())[0] for name in group] for group in groups]


def native_architecture() -> str:
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


def closure(packages: list[dict[str, str]], wanted: list[str]) -> list[dict[str, str]]:
    native = native_architecture()
    own = [package for package in packages if package["Architecture"] in (native, "all")]
    by_name = {package["Package"]: package for package in own}
    for package in own:
        for (name,) in names_in(package["Provides"]):
            by_name.setdefault(name, package)
    found: dict[str, dict[str, str]] = {}
    waiting = [[name] for name in wanted] + [[p["Package"]] for p in own if p["Essential"] == "yes"]
    while waiting:
        alternatives = waiting.pop()
        package = next((by_name[name] for name in alternatives if name in by_name), None)
        if package is None:
            sys.exit(f"not installed here: {' | '.join(alternatives)}")
        if package["Package"] in found:
            continue
        found[package["Package"]] = package
        waiting += names_in(package["Pre-Depends"]) + names_in(package["Depends"])
    return sorted(found.values(), key=lambda package: package["Package"])


def copy_files(root: Path, packages: list[dict[str, str]]) -> None:
    names = [f"{package['Package']}:{package['Architecture']}".removesuffix(":all") for package in packages]
    listed = subprocess.run(["dpkg-query", "-L", *names], check=True, capture_output=True, text=True).stdout
    paths = {path for path in listed.splitlines() if path.startswith("/") and path != "/." and not LEFT_OUT.match(path)}
    for folder in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        (root / "usr" / folder).mkdir(parents=True, exist_ok=True)
        (root / folder).symlink_to(f"usr/{folder}")
    present = "\n".join(sorted(path[1:] for path in paths if Path(path).exists() or Path(path).is_symlink()))
    reader = subprocess.Popen(
        ["tar", "-C", "/", "--no-recursion", "-c", "-T", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    writer = subprocess.Popen(["tar", "-C", root, "-x", "-p", "--keep-directory-symlink"], stdin=reader.stdout)
    reader.stdin.write(present.encode())
    reader.stdin.close()
    if writer.wait() or reader.wait():
        sys.exit("the files could not be copied")


def copy_database(root: Path, packages: list[dict[str, str]]) -> None:
    """dpkg knows these packages, and no others."""
    names = {package["Package"] for package in packages}
    stanzas = Path("/var/lib/dpkg/status").read_text().split("\n\n")
    other = re.compile(r"^Architecture: (?!all$|" + native_architecture() + "$)", re.M)
    kept = [s for s in stanzas if (m := re.match(r"Package: (\S+)", s)) and m[1] in names and not other.search(s)]
    folder = root / "var/lib/dpkg"
    for name in ("info", "updates", "triggers", "alternatives"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text("\n\n".join(kept) + "\n")
    for file in Path("/var/lib/dpkg/info").iterdir():
        if file.stem.split(":")[0] in names or file.name == "format":
            shutil.copy2(file, folder / "info" / file.name)


def copy_alternatives(root: Path) -> None:
    """Links such as libblas.so.3, which no package lists."""
    for state in Path("/var/lib/dpkg/alternatives").iterdir():
        for link in re.findall(r"^/\S+$", state.read_text(), re.M):
            path = Path(link)
            if not path.is_symlink() or not str(path.readlink()).startswith("/etc/alternatives/"):
                continue
            middle = path.readlink()
            target = middle.readlink() if middle.is_symlink() else None
            if target is None or not (root / str(target)[1:]).exists():
                continue
            for source in (path, middle):
                own = root / str(source)[1:]
                own.parent.mkdir(parents=True, exist_ok=True)
                if not own.is_symlink():
                    own.symlink_to(source.readlink())


def main() -> None:
    root, *wanted = sys.argv[1:]
    folder = Path(root)
    packages = closure(installed(), wanted)
    copy_files(folder, packages)
    copy_database(folder, packages)
    copy_alternatives(folder)
    for name in ("passwd", "group"):
        shutil.copy(f"/usr/share/base-passwd/{name}.master", folder / "etc" / name)
    for name in ("dev", "proc", "sys", "run", "tmp", "root", "var/tmp", "var/log"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    subprocess.run(["ldconfig", "-r", folder], check=True)
    print(len(packages))


main()
