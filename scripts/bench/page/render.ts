/** docs/benchmarks.md from the record, and the README's table of speeds. */
import {BuildError} from '../../build/project.ts'
import type {BenchmarkRecord, Entry} from './record.ts'
import {type RecordedSpeed, rangeOf, type SpeedFigures} from './speeds.ts'
import {markdown, type Table} from './table.ts'
import {tables} from './tables.ts'

const intro = `# Benchmarks

What was measured, when, on what, and by which command. This page is generated from [benchmarks.json](benchmarks.json):
\`npm run bench -- page\` measures every table again and rewrites both; \`--table NAME,…\` measures some; \`--render\` only
renders. Measurements behind decisions, which no command repeats, are in [decisions.md](decisions.md).

**Speed** is QEMU's time divided by Manyhart's: above 1 Manyhart is faster. The two run in turn, in pairs, so that both see
the same load; a figure is the median of the pairs, with the lowest and the highest. Means are geometric. Compare figures
within one table, not with those of another host.

## Measuring

The project must have been built (\`npm run build\`); comparisons need \`qemu-system-riscv64\` (Debian package
\`qemu-system-misc\`). \`npm run bench -- --help\`, and \`--help\` after each command, list all options.

\`\`\`sh
npm run bench -- cpu --pairs 3                         # the programs of the tables, on one hart
npm run bench -- cpu --bare --group fp --group memory  # on bare metal: quicker, without the system group
npm run bench -- cpu --program fft --scale 4 --json
npm run bench -- cpu --group sync --scale 25           # long: 5 s under QEMU instead of 0.2
npm run bench -- cpu --group working-set               # 4 KiB to 256 MiB
npm run bench -- cpu --group flush --smp 4             # storms in 1, 2 and 4 threads of a process, and more
npm run bench -- cpu --copies 2                        # two of each at once, each on a hart of its own
npm run bench -- cpu --elf ./mine                      # your own static Linux ELF; its output is compared
npm run bench -- idle --harts 64 --append nowatchdog  # an idle machine: processor time, wake-ups
npm run bench -- smp --quick --qemu /usr/bin/qemu-system-riscv64 --qemu ~/qemu-10  # harts that wait, beside two QEMUs
npm run bench -- cpu --svg speeds.svg -- --stats stats.json  # after the second --: options of manyhart
\`\`\`

While a program runs, another process wakes up 100 times a second (\`--beats\`), as on any system with other work; on bare
metal a timer interrupt flushes the TLB as often. Otherwise nothing would flush QEMU's TLB, which is resized only at flushes
and would stay small: a program with 1 MiB of data then takes QEMU ten to twenty times as long (\`--beats 0\`).

The programs from \`fibonacci\` to \`forth\`, \`copy-8\`, and those of the group \`sync\` take QEMU some 0.2 s at scale 1, as a program does that is used once; with
\`--scale 25\` 5 s, in which what translation costs is lost.

The groups \`working-set\` and \`flush\` run only when they are named; no table has them. The first has, for each power of four
from 4 KiB to 256 MiB, all cache lines of that memory (\`chase-…\`; some are in the group \`memory\`; Linux may give it pages of
2 MiB) and one line of each of its pages (\`pages-…\`, always pages of 4 KiB). In the second a number behind a name is that of
threads or of processes. When harts outnumber cores, a remote fence takes QEMU some milliseconds, and \`mmap-2\` half a minute.

\`smp\` compares harts that wait for one another with every QEMU that is named (a program, or a folder with its unpacked packages).
It writes \`build/smp/smp.json\`, with all runs and histograms, and \`smp.md\` after every run; \`--wait 60\` waits up to an hour in
all until other processes leave the cores alone; runs that failed or were disturbed do not count while others remain. \`--page FILE\`
takes a record over into this page; \`--against FILE\` measures another build of Manyhart, too.
`

/** @param all the tables of the page; others only in tests. */
export function render(record: BenchmarkRecord, all: readonly Table[] = tables): string {
	const sections = all.map((table) => section(table, record.tables[table.name]))
	return `${[intro, ...sections].join('\n')}`
}

function section({name, title, about, lines}: Table, entry: Entry | undefined): string {
	const figures = entry
		? [...lines(entry.figures), '', ...(entry.note ? [entry.note, ''] : []), provenance(entry)]
		: ['Not measured yet.', `\`npm run bench -- page --table ${name}\` measures it.`]
	const command = entry?.command ? ['', '```sh', entry.command, '```'] : []
	return `${[`## ${title}`, '', ...about, '', ...figures, ...command].join('\n')}\n`
}

function provenance({date, node, qemu, host}: Entry): string {
	return `Measured ${[date, ...(qemu ? [qemu] : []), ...(node ? [`Node ${node}`] : []), host].join('; ')}.`
}

const begins = '<!-- speeds: npm run bench -- page writes this table -->'
const ends = '<!-- end of speeds -->'

/** @returns the README with the record's speeds in its table. @throws BuildError when it has no place for the table. */
export function withSpeeds(readme: string, record: BenchmarkRecord): string {
	const [start, end] = [readme.indexOf(begins), readme.indexOf(ends)]
	if (start < 0 || end < start) throw new BuildError(`Expected README.md to have ${begins} and then ${ends}`)
	return `${readme.slice(0, start + begins.length)}\n${speedSummary(record).join('\n')}\n${readme.slice(end)}`
}

const groupNames: Readonly<Record<string, string>> = {
	integer: 'integer programs',
	fp: 'floating point',
	memory: 'memory accesses',
	system: 'system calls, processes, page faults',
}

function speedSummary({tables: {cpu, boot}}: BenchmarkRecord): readonly string[] {
	const row = (title: string, speed: RecordedSpeed) => [title, speed.median.toFixed(2), rangeOf(speed)]
	const {groups} = (cpu?.figures ?? {groups: []}) as Pick<SpeedFigures, 'groups'>
	const {programs} = (boot?.figures ?? {programs: []}) as Pick<SpeedFigures, 'programs'>
	return markdown(
		['', 'speed', 'lowest – highest'],
		[
			...groups.map(({group, programs: count, speed}) => row(`${groupNames[group] ?? group}, mean of ${count}`, speed)),
			...programs.map(({program, speed}) => row(`boot of Debian, ${program}`, speed)),
		],
	)
}
