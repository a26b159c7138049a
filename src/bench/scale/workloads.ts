/** The workloads: what each is for, and how much of it is done. Their sources are test/guests/scale and scale-linux. */

export type Workload = Readonly<{
	name: string
	title: string
	/** What one operation is. */
	unit: string
	/** Operations: in all for strong scaling, of each thread for weak. */
	work: number
}>

export const workloads: readonly Workload[] = [
	{name: 'compute-integer', title: 'independent integer arithmetic', unit: 'rounds', work: 40},
]
