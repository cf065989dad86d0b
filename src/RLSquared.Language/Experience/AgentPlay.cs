using RLSquared.Language.Environments;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>
/// One turn of a play: what the model read, what it wrote token by token, and what the environment made of it.
/// </summary>
sealed record AgentTurn
{
    /// <summary>All ids before the reply, as they were given to the model, [P].</summary>
    public required int[] Prompt { get; init; }

    /// <summary>The reply as it was sampled, [T]; it is never tokenized anew.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>log μ of the reply's tokens, [T].</summary>
    public required float[] LogProbs { get; init; }

    /// <summary>The version of the weights that drew them, [T].</summary>
    public required int[] Versions { get; init; }

    /// <summary>Whether the reply ended by itself.</summary>
    public bool IsFinished { get; init; } = true;

    /// <summary>What the environment showed.</summary>
    public required string Observation { get; init; }

    /// <summary>The environment's text for the same state.</summary>
    public required string AnchorKey { get; init; }

    /// <summary>The reply's text.</summary>
    public required string Reply { get; init; }

    /// <summary>The action in the reply; null where it has none in its form.</summary>
    public string? Action { get; init; }

    /// <summary>The estimate of progress in the reply, 0 to 100; null where it has none.</summary>
    public int? Progress { get; init; }

    /// <summary>Whether the reply had its form and the environment knew the action.</summary>
    public bool IsValid { get; init; }

    /// <summary>What it brought.</summary>
    public float Reward { get; init; }

    /// <summary>Whether the turn is learnt from: false for what a demonstration did at random.</summary>
    public bool IsLearnt { get; init; } = true;
}

/// <summary>One play of an environment, from its reset to its end or to the limit of turns.</summary>
/// <param name="environment">Reset to the level.</param>
/// <param name="group">Plays of one level that are compared share it.</param>
/// <param name="trajectory">The number of the play in the run, which also names its draws.</param>
/// <param name="memory">What was noted after earlier attempts at the level, as ids.</param>
sealed class AgentPlay(
    TextEnvironment environment, long group, long trajectory, IReadOnlyList<int[]>? memory = null)
{
    public TextEnvironment Environment { get; } = environment;

    public long Group { get; } = group;

    public long Trajectory { get; } = trajectory;

    public IReadOnlyList<int[]> Memory { get; } = memory ?? [];

    public List<AgentTurn> Turns { get; } = [];

    /// <summary>The generator's request of the last turn, from which the next one goes on; null before the first.
    /// </summary>
    public long? LastRequest { get; set; }

    /// <summary>The look back at the play, where there was one: prompt, tokens, log μ.</summary>
    public AgentTurn? Reflection { get; set; }

    /// <summary>Σ_t r_t.</summary>
    public double Return => Turns.Sum(turn => (double)turn.Reward);

    public bool IsSolved => Environment.IsSolved;

    /// <summary>
    /// The play as records to learn from. A turn whose prompt begins with all that the record before it holds is
    /// appended to that record, with what the environment put between under the mask 0; else it begins a record of its
    /// own. So a play with its whole history is one record, and one without history is a record for each turn.
    /// </summary>
    /// <param name="advantages">A of each turn, [turns].</param>
    public IEnumerable<Completion> Records(IReadOnlyList<float> advantages)
    {
        RecordBuilder? open = null;
        for (int t = 0; t < Turns.Count; t++)
        {
            if (open is not null && !open.Continues(Turns[t].Prompt))
            {
                yield return open.Build(this);
                open = null;
            }
            open ??= new RecordBuilder(Turns[t]);
            open.Append(Turns[t], t, advantages[t]);
        }
        if (open is not null)
            yield return open.Build(this);
    }

    /// <summary>The look back as a record.</summary>
    public Completion ReflectionRecord(float advantage)
    {
        AgentTurn turn = Reflection ?? throw new InvalidOperationException("the play was not looked back at");
        var builder = new RecordBuilder(turn);
        builder.Append(turn, Turns.Count, advantage);
        return builder.Build(this);
    }

    sealed class RecordBuilder(AgentTurn first)
    {
        readonly List<int> tokens = [], versions = [], segments = [];
        readonly List<byte> mask = [];
        readonly List<float> logProbs = [], advantages = [];
        bool isFinished = true;

        public bool Continues(int[] prompt) => prompt.Length >= first.Prompt.Length + tokens.Count
            && prompt.AsSpan(0, first.Prompt.Length).SequenceEqual(first.Prompt)
            && prompt.AsSpan(first.Prompt.Length, tokens.Count).SequenceEqual(tokens.ToArray());

        public void Append(AgentTurn turn, int segment, float advantage)
        {
            foreach (int id in turn.Prompt.AsSpan(first.Prompt.Length + tokens.Count))
                Add(id, 0, 0, turn.Versions.Length > 0 ? turn.Versions[0] : 0, segment, 0);
            for (int i = 0; i < turn.Tokens.Length; i++)
            {
                byte learnt = turn.IsLearnt ? (byte)1 : (byte)0;
                Add(turn.Tokens[i], learnt, turn.LogProbs[i], turn.Versions[i], segment, advantage);
            }
            isFinished &= turn.IsFinished;
        }

        void Add(int id, byte learnt, float logProb, int version, int segment, float advantage)
        {
            tokens.Add(id);
            mask.Add(learnt);
            logProbs.Add(logProb);
            versions.Add(version);
            segments.Add(segment);
            advantages.Add(advantage);
        }

        public Completion Build(AgentPlay play) => new()
        {
            PromptTokens = first.Prompt,
            Tokens = [.. tokens],
            Mask = [.. mask],
            LogProbs = [.. logProbs],
            Versions = [.. versions],
            Segments = [.. segments],
            Advantages = [.. advantages],
            Text = first.Reply,
            IsFinished = isFinished,
            GroupId = play.Group,
            TrajectoryId = play.Trajectory,
            AnchorKey = first.AnchorKey,
        };
    }
}
