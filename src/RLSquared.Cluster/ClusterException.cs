namespace RLSquared.Cluster;

/// <summary>A cluster that cannot be formed, joined or reached; the message says why and what would help.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="cause">The failure itself, if there is one.</param>
public sealed class ClusterException(string message, Exception? cause = null) : IOException(message, cause);
