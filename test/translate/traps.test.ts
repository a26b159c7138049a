import {regionEngines, tagEngines} from '../execution/engine.ts'
import {testTraps} from '../execution/traps.ts'

for (const engine of [...regionEngines, ...tagEngines]) testTraps(engine)
