import {plusOneEngines, regionEngines} from '../execution/engine.ts'
import {testPrograms} from '../execution/programs.ts'

for (const engine of [...regionEngines, ...plusOneEngines]) testPrograms(engine)
