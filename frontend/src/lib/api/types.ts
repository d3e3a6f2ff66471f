/** Short names for the wire's schemas, as generated from the backend's OpenAPI document. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Overview = Schemas["Overview"];
export type OverviewService = Schemas["OverviewService"];
export type OverviewMetric = Schemas["OverviewMetric"];
export type MetricReading = Schemas["MetricReading"];
export type Expected = Schemas["Expected"];
export type WarmingUp = Schemas["WarmingUp"];
export type History = Schemas["History"];
export type HistoryPoint = Schemas["HistoryPoint"];
export type Logs = Schemas["Logs"];
export type LogEntry = Schemas["LogEntry"];
export type LogSource = Schemas["LogSource"];
export type LogSources = Schemas["LogSources"];
export type LogRow = Schemas["LogRow"];
export type LogPage = Schemas["LogPage"];
export type LogContext = Schemas["LogContext"];
export type LogTail = Schemas["LogTail"];
export type LogHistogram = Schemas["LogHistogram"];
export type LogTemplate = Schemas["LogTemplate"];
export type LogTemplates = Schemas["LogTemplates"];
export type Changes = Schemas["Changes"];
export type MetricChange = Schemas["MetricChange"];
export type IncidentSummary = Schemas["IncidentSummary"];
export type IncidentDetail = Schemas["IncidentDetail"];
export type IncidentList = Schemas["IncidentList"];
export type IncidentIds = Schemas["IncidentIds"];
export type BulkBody = Schemas["BulkBody"];
export type BulkResult = Schemas["BulkResult"];
export type Artefact = Schemas["Artefact"];
export type ReasonCard = Schemas["ReasonCard"];
export type Annotations = Schemas["Annotations"];
export type Annotation = Schemas["Annotation"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type ModelStatus = Schemas["ModelStatus"];
export type ModelList = Schemas["ModelList"];
export type RetrainJob = Schemas["RetrainJob"];
export type PairProblem = Schemas["PairProblem"];
export type Backtest = Schemas["Backtest"];
export type BacktestBody = Schemas["BacktestBody"];
export type BacktestPair = Schemas["BacktestPair"];
export type BacktestSeries = Schemas["BacktestSeries"];
export type BacktestTotals = Schemas["BacktestTotals"];
export type Outcome = Schemas["Outcome"];
export type WouldFire = Schemas["WouldFire"];
export type RealIncident = Schemas["RealIncident"];
export type MetricSensitivity = Schemas["MetricSensitivity"];
export type SensitivityList = Schemas["SensitivityList"];
export type SensitivityPreview = Schemas["SensitivityPreview"];
export type Ready = Schemas["Ready"];
export type Severity = Schemas["Severity"];
export type Status = Schemas["Status"];
export type State = Schemas["State"];
export type ResolveReason = Schemas["ResolveReason"];
export type Feedback = Schemas["FeedbackBody"]["answer"];

/** application/problem+json (RFC 9457); the body of every error. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail: string;
}
