namespace RLSquared.Language.Environments;

/// <summary>
/// The tags between the parts of a transcript; each is one token of a task's tokenizer, and part of the text. An agent
/// answers an observation with <c>&lt;action&gt;up&lt;/action&gt;</c>.
/// </summary>
public static class AgentTags
{
    /// <summary>Before what is to be done.</summary>
    public const string Instruction = "<task>";

    /// <summary>Before an observation.</summary>
    public const string Observation = "<obs>";

    /// <summary>Before an action.</summary>
    public const string Action = "<action>";

    /// <summary>Behind an action; it ends a reply.</summary>
    public const string ActionEnd = "</action>";

    /// <summary>Before an estimate of progress, a whole number from 0 to 100.</summary>
    public const string Progress = "<progress>";

    /// <summary>Behind an estimate of progress.</summary>
    public const string ProgressEnd = "</progress>";

    /// <summary>Before what was noted after an earlier attempt.</summary>
    public const string Memory = "<memory>";

    /// <summary>Behind what was noted after an earlier attempt.</summary>
    public const string MemoryEnd = "</memory>";

    /// <summary>Behind a play that was solved.</summary>
    public const string Success = "<success>";

    /// <summary>Behind a play that was not.</summary>
    public const string Failure = "<failure>";

    /// <summary>Asks for a look back at a play.</summary>
    public const string Reflect = "<reflect>";

    /// <summary>Ends the look back.</summary>
    public const string ReflectEnd = "</reflect>";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Instruction, Observation, Action, ActionEnd, Progress, ProgressEnd, Memory, MemoryEnd, Success, Failure,
        Reflect, ReflectEnd,
    ];
}
