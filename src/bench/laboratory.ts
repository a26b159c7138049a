/** The laboratory: what `manyhart bench`, `scale` and `report` do. The entry of its bundle; src/main/command-line loads it. */
export {benchFlush} from './flush/index.ts'
export {compare, render, scale} from './scale/index.ts'
