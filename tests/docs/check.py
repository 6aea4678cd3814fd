"""The checks of the documentation. `scripts/check-docs` runs this."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

import blocks
import links
import reference
from pages import all_pages


class Report:
    """Prints each result and counts them."""

    def __init__(self):
        self.counts = {"ok": 0, "FAILED": 0, "skipped": 0}

    def add(self, result, name, why=""):
        self.counts[result] += 1
        print(f"{result:8} {name}" + (f": {why}" if why else ""), flush=True)

    def finish(self):
        print(f"{self.counts['ok']} passed, {self.counts['FAILED']} failed, {self.counts['skipped']} skipped")
        return 1 if self.counts["FAILED"] else 0


def main():
    options = argparse.ArgumentParser(description="Checks the documentation.")
    options.add_argument("--write", action="store_true", help="write docs/reference/ from the code first")
    options.add_argument("--only", metavar="TEXT", help="only pages whose path contains this")
    options = options.parse_args()
    report = Report()
    if options.write:
        reference.write()
    pages = [page for page in all_pages() if not options.only or options.only in str(page.path)]
    for page in pages:
        wrong = links.check(page)
        report.add("FAILED" if wrong else "ok", f"links of {page.path}", "; ".join(wrong))
    for page in ([] if options.only else links.not_in_summary()):
        report.add("FAILED", f"{page} is not in docs/SUMMARY.md")
    if not options.only or "reference" in options.only:
        for name, current in reference.state():
            report.add("ok" if current else "FAILED", name, "" if current else "not up to date: scripts/check-docs --write")
    # Most of the time is spent waiting, for retries and for compilers.
    with ThreadPoolExecutor(4) as workers:
        for results in workers.map(lambda run: run(), blocks.runs(pages)):
            for result in results:
                report.add(*result)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
