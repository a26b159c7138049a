import {testCalls} from '../execution/calls.ts'
import {mixedEngines, regionEngines, tagEngines} from '../execution/engine.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...tagEngines]) testCalls(engine)
