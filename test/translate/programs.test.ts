import {regionEngines, tagEngines} from '../execution/engine.ts'
import {testPrograms} from '../execution/programs.ts'

for (const engine of [...regionEngines, ...tagEngines]) testPrograms(engine)
