import {mixedEngines, regionEngines} from '../execution/engine.ts'
import {testPageBorder} from '../execution/page-border.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testPageBorder(engine)
