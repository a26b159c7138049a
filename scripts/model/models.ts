/** The models. */
import {gracePeriods} from './grace-periods.ts'
import type {Model} from './model.ts'
import {translations} from './translations.ts'

export const models: readonly Model[] = [gracePeriods, translations]
