import {interpreter} from '../execution/engine.ts'
import {testMappings} from '../execution/mappings.ts'

testMappings(interpreter)
