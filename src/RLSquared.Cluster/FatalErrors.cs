namespace RLSquared.Cluster;

/// <summary>
/// What happens when a silo cannot go on, because the others have given it up for example. Orleans would end the
/// process; here the training goes on alone, and a worker joins once more.
/// </summary>
/// <param name="failed">Receives what failed.</param>
internal sealed class FatalErrors(Action<string> failed) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception) =>
        failed(exception?.Message ?? context ?? "for an unknown reason");
}
