export { generationsOver, type GenerationTables, type NewMark } from './generations/generations-over.ts';
export { foldMarks, type Mark, type TopicGenerations } from './generations/marks.ts';
export { SettledNames } from './generations/settled-names.ts';
