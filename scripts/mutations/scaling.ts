/** Mistakes in the statistics that the report of scaling rests on. */
import type {Mutation} from './mutation.ts'

const bootstrap = 'src/bench/statistics.ts'
const bootstrapTest = 'test/bench/statistics.test.ts'
const statistics = 'src/bench/scale/statistics.ts'
const statisticsTest = 'test/bench/scale/statistics.test.ts'
const usl = 'src/bench/scale/usl.ts'
const uslTest = 'test/bench/scale/usl.test.ts'
const summary = 'src/bench/scale/report/summary.ts'
const compared = 'src/bench/scale/report/compared.ts'
const reportTest = 'test/bench/scale/report.test.ts'
const measure = 'src/bench/scale/measure.ts'
const measureTest = 'test/bench/scale/measure.test.ts'

export const scalingMutations: readonly Mutation[] = [
	{
		name: 'the bootstrap draws each value once',
		file: bootstrap,
		find: 'sampleWithReplacement([...values], values.length, random)',
		replace: '(random() < 2 ? [...values] : sampleWithReplacement([...values], values.length, random))',
		tests: [bootstrapTest],
	},
	{
		name: 'an interval of 95 % leaves out a tenth',
		file: bootstrap,
		find: 'return [quantile(values, 0.025), quantile(values, 0.975)]',
		replace: 'return [quantile(values, 0.05), quantile(values, 0.95)]',
		tests: [bootstrapTest],
	},
	{
		name: 'four repetitions give an interval',
		file: bootstrap,
		find: 'fewestForInterval = 5',
		replace: 'fewestForInterval = 4',
		tests: [statisticsTest],
	},
	{
		name: 'ratios are of repetitions in their order, and not of the same',
		file: statistics,
		find: 'const beside = other.get(repetition)',
		replace: 'const beside = [...other.values()][[...one.keys()].indexOf(repetition)]',
		tests: [statisticsTest],
	},
	{
		name: 'a difference is called by the median',
		file: statistics,
		find: '	const [from, to] = ratio.interval\n',
		replace: '	const [from, to] = [ratio.median, ratio.median]\n',
		tests: [statisticsTest],
	},
	{
		name: 'efficiency is that of one hart less',
		file: statistics,
		find: '		median: middle / harts,',
		replace: '		median: middle / (harts - 1),',
		tests: [statisticsTest],
	},
	{
		name: 'the serial fraction is not divided by what can be shared',
		file: statistics,
		find: '(1 / speedUp - 1 / harts) / (1 - 1 / harts)',
		replace: '1 / speedUp - 1 / harts',
		tests: [statisticsTest],
	},
	{
		name: 'the greatest speed-up has the greatest serial fraction',
		file: statistics,
		find: 'interval: [of(interval[1]), of(interval[0])]',
		replace: 'interval: [of(interval[0]), of(interval[1])]',
		tests: [statisticsTest],
	},
	{
		name: 'coherency in the law grows with the harts, and not with their pairs',
		file: usl,
		find: '1 + (s / n) * (harts - 1) + (k / n ** 2) * harts * (harts - 1)',
		replace: '1 + (s / n) * (harts - 1) + (k / n ** 2) * harts',
		tests: [uslTest],
	},
	{
		name: 'the law’s coefficients may be below 0',
		file: usl,
		find: 'minValues: [0, 0, 0]',
		replace: 'minValues: [0, -1e9, -1e9]',
		tests: [uslTest],
	},
	{
		name: 'the law’s curve is highest as if there were no contention',
		file: usl,
		find: 'Math.sqrt((1 - sigma) / kappa)',
		replace: 'Math.sqrt(1 / kappa)',
		tests: [uslTest],
	},
	{
		name: 'the law is fitted where harts exceed cores, too',
		file: summary,
		find: 'const within = fitTo(all.filter((harts) => !this.exceedsCores(harts)))',
		replace: 'const within = fitTo(all.filter((harts) => harts > 0))',
		tests: [reportTest],
	},
	{
		name: 'scaling is compared by rates',
		file: summary,
		find: 'const others = this.#speedUps({...place, engine: other})',
		replace: 'const others = this.rates({...place, engine: other})',
		tests: [reportTest],
	},
	{
		name: 'independent compute is enough by its median',
		file: compared,
		find: '	if (from >= least) return',
		replace: '	if ((from + to) / 2 >= least) return',
		tests: [reportTest],
	},
	{
		name: 'a wrong checksum counts',
		file: measure,
		find: 'const fault = this.#checksums.faultOf(workOf(each.run))',
		replace: 'const fault = undefined as string | undefined',
		tests: [measureTest],
	},
	{
		name: 'the warm-up is part of what is measured',
		file: 'src/bench/scale/task-spans.ts',
		find: '				this.#measured = {before: sample}\n',
		replace: '				this.#measured = {before: this.#begin ?? sample}\n',
		tests: ['test/bench/scale/task-spans.test.ts'],
	},
]
