import {mixedEngines, regionEngines} from '../execution/engine.ts'
import {testMappings} from '../execution/mappings.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testMappings(engine)
