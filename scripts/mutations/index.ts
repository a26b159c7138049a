/** All deliberate mistakes, by area. */

import {addressSpaceMutations} from './address-spaces.ts'
import {atomicMutations} from './atomics.ts'
import {balloonMutations} from './balloon.ts'
import {campaignMutations} from './campaigns.ts'
import {codeStoreMutations} from './code-stores.ts'
import {csrMutations} from './csrs.ts'
import {diskMutations} from './disks.ts'
import {earlierRunMutations} from './earlier-runs.ts'
import {fenceMutations} from './fences.ts'
import {folderMutations} from './folders.ts'
import {instructionMutations} from './instructions.ts'
import {leafCallMutations} from './leaf-calls.ts'
import type {Area, Mutation} from './mutation.ts'
import {networkMutations} from './networks.ts'
import {pageWalkMutations} from './page-walk.ts'
import {policyMutations} from './policies.ts'
import {portMutations} from './ports.ts'
import {quarantineMutations, reportMutations} from './quarantine.ts'
import {resumptionMutations} from './resumption.ts'
import {roamingMutations} from './roaming.ts'
import {scalingMutations} from './scaling.ts'
import {serialMutations} from './serial.ts'
import {statisticsMutations} from './statistics.ts'
import {stressMutations} from './stress.ts'
import {superpageMutations} from './superpages.ts'
import {stealTimeMutations, tracingMutations} from './tracing.ts'
import {translationMutations} from './translation.ts'
import {waitingMutations} from './waiting.ts'

export {type Area, areas, type Mutation, type MutationResult, mutate} from './mutation.ts'

const byArea: Readonly<Record<Area, readonly Mutation[]>> = {
	instructions: instructionMutations,
	'page walk': pageWalkMutations,
	atomics: atomicMutations,
	fences: fenceMutations,
	CSRs: csrMutations,
	'stores to code': codeStoreMutations,
	'address spaces': addressSpaceMutations,
	superpages: superpageMutations,
	'flush policies': policyMutations,
	statistics: statisticsMutations,
	quarantine: quarantineMutations,
	'reports of harts': reportMutations,
	stress: stressMutations,
	'serial mode': serialMutations,
	waiting: waitingMutations,
	tracing: tracingMutations,
	'steal time': stealTimeMutations,
	translation: [...translationMutations, ...earlierRunMutations],
	'leaf calls': leafCallMutations,
	'loops resumed': resumptionMutations,
	disks: diskMutations,
	folders: folderMutations,
	networks: networkMutations,
	'ports and commands': portMutations,
	balloon: balloonMutations,
	'last pages': roamingMutations,
	campaigns: campaignMutations,
	scaling: scalingMutations,
}

export const mutations: readonly (Mutation & Readonly<{area: Area}>)[] = (Object.keys(byArea) as Area[]).flatMap(
	(area) => byArea[area].map((mutation) => ({...mutation, area})),
)
