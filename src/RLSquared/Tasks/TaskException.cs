namespace RLSquared.Tasks;

/// <summary>
/// A task cannot be played on, for a reason outside of the program: a game is gone, a file cannot be read. It stops the
/// run; the message says what, and what helps.
/// </summary>
/// <param name="message">What went wrong.</param>
/// <param name="cause">The failure behind it, if any.</param>
public class TaskException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>
/// Trials were lost in the middle and can be begun again, such as those of a game that was started anew. The caller
/// that plays the lanes catches it and calls <see cref="Lanes.Begin"/> with the same trials; what they have brought so
/// far must not count.
/// </summary>
/// <param name="message">What was lost, and how.</param>
/// <param name="cause">The failure behind it.</param>
public sealed class TrialsInterruptedException(string message, Exception cause) : TaskException(message, cause);
