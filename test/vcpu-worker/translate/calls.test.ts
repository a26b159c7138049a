import {testCalls} from '../execution/calls.ts'
import {mixedEngines, regionEngines} from '../execution/engine.ts'

for (const engine of [...regionEngines, ...mixedEngines]) testCalls(engine)
