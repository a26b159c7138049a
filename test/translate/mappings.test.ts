import {mixedEngines, plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testMappings} from '../execution/mappings.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...plusOneEngines]) testMappings(engine)
