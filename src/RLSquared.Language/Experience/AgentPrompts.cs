using System.Globalization;
using RLSquared.Language.Environments;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Language.Experience;

/// <summary>
/// How a play becomes ids. A turn's prompt is what was noted after earlier attempts, the instruction, the last turns of
/// the history with the replies as they were sampled, and the observation:
/// <code>
/// &lt;memory&gt;…&lt;/memory&gt;&lt;task&gt;…&lt;obs&gt;…&lt;action&gt;up&lt;/action&gt;&lt;obs&gt;…
/// </code>
/// </summary>
/// <param name="task">Whose tokenizer.</param>
/// <param name="history">Earlier turns in a prompt; −1 for all.</param>
/// <param name="asksProgress">Whether a reply has an estimate of progress before its action.</param>
sealed class AgentPrompts(AgentTask task, int history, bool asksProgress)
{
    const int ProgressTokens = 5;                            // two tags and up to three digits

    readonly Tokenizer tokenizer = task.Tokenizer;

    public AgentTask Task => task;

    public bool AsksProgress => asksProgress;

    /// <summary>Whether the prompt of a turn goes on from the one before it with its reply.</summary>
    public bool IsTranscript => history < 0;

    /// <summary>The token that ends a reply.</summary>
    public int ActionEnd { get; } = Tag(task, AgentTags.ActionEnd);

    /// <summary>The token that ends a look back.</summary>
    public int ReflectEnd { get; } = Tag(task, AgentTags.ReflectEnd);

    /// <summary>The most tokens of a reply.</summary>
    public int LongestReply => (asksProgress ? ProgressTokens : 0) + task.LongestAction + 2;

    static int Tag(AgentTask task, string tag) => task.Tokenizer.Find(tag) ?? throw new ArgumentException(
        $"the tokenizer of {task.Name} has no token {tag}; it needs those of AgentTags");

    /// <summary>The most tokens of a turn's prompt and reply.</summary>
    /// <param name="memories">The most earlier attempts.</param>
    public int LongestTurn(int memories)
    {
        int turn = task.LongestObservation + LongestReply;
        int turns = history < 0 ? task.MostSteps : Math.Min(task.MostSteps, history + 1);
        return LongestHead(memories) + turns * turn;
    }

    /// <summary>The most tokens of a look back at a play.</summary>
    /// <param name="memories">The most earlier attempts.</param>
    /// <param name="longest">Of what is written.</param>
    public int LongestReflection(int memories, int longest) =>
        LongestHead(memories) + task.MostSteps * (task.LongestObservation + task.LongestAction + 2)
        + task.LongestObservation + 2 + longest;

    int LongestHead(int memories) => memories * (task.LongestLesson + 2)
        + (task.LongestInstruction > 0 ? task.LongestInstruction + 1 : 0);

    public int[] Encode(string text) => tokenizer.Encode(text, addTemplate: false);

    public string Decode(ReadOnlySpan<int> ids) => tokenizer.Decode(ids, continues: true);

    /// <summary>The prompt of the next turn, [P].</summary>
    /// <exception cref="InvalidDataException">An observation is longer than the task says.</exception>
    public int[] Turn(AgentPlay play)
    {
        if (IsTranscript && play.Turns.Count > 0)
            return [.. play.Turns[^1].Prompt, .. play.Turns[^1].Tokens, .. Observation(play.Environment.Observation)];
        List<int> ids = Head(play);
        int first = history < 0 ? 0 : Math.Max(0, play.Turns.Count - history);
        foreach (AgentTurn turn in play.Turns.Skip(first))
        {
            ids.AddRange(Observation(turn.Observation));
            ids.AddRange(turn.Tokens);
        }
        ids.AddRange(Observation(play.Environment.Observation));
        return [.. ids];
    }

    /// <summary>
    /// The prompt that asks for a look back: all observations and actions, the last observation and the outcome, [P].
    /// </summary>
    public int[] Reflection(AgentPlay play)
    {
        List<int> ids = Head(play);
        foreach (AgentTurn turn in play.Turns)
        {
            ids.AddRange(Observation(turn.Observation));
            ids.AddRange(Encode(Reply(Shortened(turn.Action), null)));
        }
        ids.AddRange(Observation(play.Environment.Observation));
        ids.AddRange(Encode((play.IsSolved ? AgentTags.Success : AgentTags.Failure) + AgentTags.Reflect));
        return [.. ids];
    }

    // A reply that was cut may have no action; one that was not understood is no longer than an action.
    string Shortened(string? action) =>
        action is null || Encode(action).Length > task.LongestAction ? "" : action;

    List<int> Head(AgentPlay play)
    {
        List<int> ids = [];
        foreach (int[] lesson in play.Memory)
        {
            ids.AddRange(Encode(AgentTags.Memory));
            ids.AddRange(lesson);
            ids.AddRange(Encode(AgentTags.MemoryEnd));
        }
        if (play.Environment.Instruction.Length > 0)
        {
            int[] instruction = Encode(AgentTags.Instruction + play.Environment.Instruction);
            RequireAtMost("an instruction", instruction.Length, task.LongestInstruction + 1);
            ids.AddRange(instruction);
        }
        return ids;
    }

    int[] Observation(string text)
    {
        int[] ids = Encode(AgentTags.Observation + text);
        RequireAtMost("an observation", ids.Length, task.LongestObservation);
        return ids;
    }

    void RequireAtMost(string what, int tokens, int most)
    {
        if (tokens > most)
            throw new InvalidDataException($"{what} of {task.Name} has {tokens} tokens; it says that {most} are most");
    }

    /// <summary>A reply's text.</summary>
    public static string Reply(string action, int? progress) =>
        (progress is { } p ? string.Create(CultureInfo.InvariantCulture,
            $"{AgentTags.Progress}{p}{AgentTags.ProgressEnd}") : "")
        + AgentTags.Action + action + AgentTags.ActionEnd;

    /// <summary>
    /// Reads a reply: an action between its tags at the end, and before it, where it is asked for, progress between its
    /// tags. Anything else has no action.
    /// </summary>
    public (string? Action, int? Progress) Read(string reply)
    {
        int? progress = null;
        if (asksProgress)
        {
            int end = reply.IndexOf(AgentTags.ProgressEnd, StringComparison.Ordinal);
            if (reply.StartsWith(AgentTags.Progress, StringComparison.Ordinal) && end > 0)
            {
                progress = ReadProgress(reply.AsSpan(AgentTags.Progress.Length..end));
                reply = reply[(end + AgentTags.ProgressEnd.Length)..];
            }
        }
        string? action = reply.StartsWith(AgentTags.Action, StringComparison.Ordinal)
            && reply.EndsWith(AgentTags.ActionEnd, StringComparison.Ordinal)
            ? reply[AgentTags.Action.Length..^AgentTags.ActionEnd.Length] : null;
        return (action is null || action.Contains('<') ? null : action, progress);
    }

    /// <summary>A whole number from 0 to 100; null for all else.</summary>
    public static int? ReadProgress(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= 100
            ? value : null;
}
