import {mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'
import {testMappings} from '../execution/mappings.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...tagEngines]) testMappings(engine)
