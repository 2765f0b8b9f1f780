// The engine's names are those of the Python package in camelCase.  Nothing here touches the page.

export { disagreement, expectedError, MOST_STEPS, RUNGS } from "./curves";
export type { Disagreement, ErrorQuestion } from "./curves";
export { contributions, directions, shares } from "./directions";
export type { Directions } from "./directions";
export { spectralEdges } from "./edges";
export { EngineError } from "./errors";
export type { Trouble } from "./errors";
export { gammaSpectrum, taskHardness } from "./gamma";
export { ladder, overthinking } from "./overthinking";
export type { Overthinking } from "./overthinking";
export { enoughForEverySpectrum, phase, phaseName, safeThinking, short } from "./phase";
export type { Phase, SafeThinking } from "./phase";
export { phaseDiagram } from "./phase_diagram";
export type { PhaseDiagram } from "./phase_diagram";
export { planFor } from "./plan";
export type { Edges, ErrorCurve, Fate, GammaSpectrum, Metric, PhaseName, Problem, Rung, Truncation } from "./types";
export { closedFormContext, frontier, frontierSearch } from "./frontier";
export type { Frontier, FrontierPoint, FrontierQuestion } from "./frontier";
export {
  correctedSelection,
  MOST_TASKS,
  pooledProblem,
  pooledSpectrum,
  projectToSimplex,
  selectionObjective,
  solveSelection,
  trainedTasks,
  withWeight,
} from "./selection";
export type { Objective, Selection, SelectionProblem } from "./selection";
export { selfcheck, TOLERANCE } from "./selfcheck";
export type { CheckTable, SelfCheck } from "./selfcheck";
