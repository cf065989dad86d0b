namespace RLSquared.Pipelines;

/// <summary>
/// A pipeline that cannot go on: a wait came to its limit, a role failed, or an item was lost or came twice. The
/// message names the role, what it waited for, and who should have brought it.
/// </summary>
/// <param name="message">What went wrong, in one sentence.</param>
/// <param name="cause">What a role threw, if one did.</param>
public sealed class PipelineException(string message, Exception? cause = null) : Exception(message, cause);
