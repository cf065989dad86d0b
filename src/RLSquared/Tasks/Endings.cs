namespace RLSquared.Tasks;

/// <summary>
/// What ended with a step. Termination and truncation are different things: after a termination nothing follows, so the
/// value of what follows is 0; a truncated episode merely is not watched any longer. Inside a trial neither cuts the
/// return, because the next episode of the same task follows.
/// </summary>
[Flags]
public enum Endings : byte
{
    /// <summary>The episode goes on.</summary>
    None = 0,
    /// <summary>The episode reached its end by the task's own rules.</summary>
    Terminated = 1,
    /// <summary>The episode was cut by a limit of time.</summary>
    Truncated = 2,
    /// <summary>
    /// The trial is over: this lane's later steps of the rollout are padding until the next trial
    /// begins.
    /// </summary>
    TrialEnded = 4,
    /// <summary>The episode ended, one way or the other.</summary>
    EpisodeEnded = Terminated | Truncated,
}
