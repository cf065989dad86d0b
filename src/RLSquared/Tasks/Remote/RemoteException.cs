namespace RLSquared.Tasks.Remote;

/// <summary>
/// Something went wrong between the trainer and a game in another process: no game connected, nothing was answered,
/// what came was no message, or the spaces are not what was expected. The message says which game, what, and what
/// helps.
/// </summary>
/// <param name="message">What went wrong.</param>
/// <param name="cause">The failure behind it, if any.</param>
public class RemoteException(string message, Exception? cause = null) : TaskException(message, cause);

/// <summary>The other side closed the connection, or its process is gone.</summary>
class DisconnectedException(Exception? cause = null, string what = "disconnected") : IOException(what, cause);

/// <summary>The other side says why it ends, such as an error of an environment in Python.</summary>
/// <param name="reason">Its own words, of any length.</param>
sealed class GameFailedException(string reason) : DisconnectedException(what: "failed")
{
    /// <summary>The reason in one line.</summary>
    public string Reason { get; } = RemoteSpaces.Shorten(reason, most: 2000);
}

/// <summary>What came is no message of the protocol; the text completes 'sent a malformed message: …'.</summary>
sealed class MalformedMessageException(string what, Exception? cause = null) : IOException(what, cause);
