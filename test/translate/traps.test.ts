import {plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testTraps} from '../execution/traps.ts'

for (const engine of [...regionEngines, ...plusOneEngines]) testTraps(engine)
