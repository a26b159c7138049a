import {interpreter} from '../execution/engine.ts'
import {testPrograms} from '../execution/programs.ts'

testPrograms(interpreter)
