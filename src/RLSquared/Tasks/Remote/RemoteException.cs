namespace RLSquared.Tasks.Remote;

/// <summary>
/// Something went wrong between the trainer and a game in another process: nobody came, nothing was answered, what
/// came was no message, or the spaces are not what was expected. The message says which game, what, and what helps.
/// </summary>
/// <param name="message">What went wrong.</param>
/// <param name="cause">The failure behind it, if any.</param>
public class RemoteException(string message, Exception? cause = null) : TaskException(message, cause);

/// <summary>The other side closed the connection, or its process is gone.</summary>
sealed class DisconnectedException(Exception? cause = null) : IOException("disconnected", cause);

/// <summary>What came is no message of the protocol; the text completes 'sent a malformed message: …'.</summary>
sealed class MalformedMessageException(string what, Exception? cause = null) : IOException(what, cause);
