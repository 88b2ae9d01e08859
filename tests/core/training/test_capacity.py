"""How much memory is there: within the limits of every container around this process."""

from __future__ import annotations

from pathlib import Path

from core.training import capacity

GIB = 1 << 30


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n")


def test_a_container_of_today_is_limited_by_itself_and_by_what_is_around_it(tmp_path: Path) -> None:
    own, mounted = tmp_path / "cgroup", tmp_path / "fs"
    own.write_text("0::/pod/container\n")
    statistic = f"anon 5\ninactive_file {GIB}\n"
    write(mounted, cgroup__procs="1")
    write(mounted / "pod", memory__max=8 * GIB, memory__current=5 * GIB, memory__stat=statistic)
    write(
        mounted / "pod" / "container",
        memory__max="max",
        memory__current=4 * GIB,
        memory__stat=statistic,
    )
    assert list(capacity.limits(own, mounted)) == [(8 * GIB, 4 * GIB)]


def test_an_older_container_is_read_too_and_a_huge_number_is_no_limit(tmp_path: Path) -> None:
    own, mounted = tmp_path / "cgroup", tmp_path / "fs"
    own.write_text("4:memory:/docker/ab\n3:cpu,cpuacct:/\n0::/\n")
    # inside a container only its own group is mounted, at the root
    write(
        mounted / "memory",
        memory__limit_in_bytes=2 * GIB,
        memory__usage_in_bytes=GIB,
        memory__stat="total_inactive_file 0",
    )
    assert list(capacity.limits(own, mounted)) == [(2 * GIB, GIB)]
    write(mounted / "memory", memory__limit_in_bytes=9223372036854771712)
    assert list(capacity.limits(own, mounted)) == []
    assert list(capacity.limits(tmp_path / "missing", mounted)) == []


def test_without_a_gpu_the_memory_of_the_machine_counts() -> None:
    total, available = capacity.main_memory()
    assert 0 < available <= total
    here = capacity.look()
    if here.device == "cpu":
        assert here.total == total
        assert here.available is not None
        assert abs(here.available - available) < GIB
