import {testCalls} from '../execution/calls.ts'
import {mixedEngines, plusOneEngines, regionEngines} from '../execution/engine.ts'

for (const engine of [...regionEngines, ...mixedEngines, ...plusOneEngines]) testCalls(engine)
