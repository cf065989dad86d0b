using RLSquared.Language.Environments;
using RLSquared.Language.Generation;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Experience;

/// <summary>
/// Plays many environments in lock-step: each turn asks the model once for all plays that go on. A play depends on its
/// level, its number, the seed and the weights alone.
/// </summary>
/// <param name="prompts">How plays become ids.</param>
/// <param name="generator">With the weights that shall speak.</param>
/// <param name="seed">Of all draws.</param>
sealed class AgentLoop(AgentPrompts prompts, Generator generator, ulong seed)
{
    const uint ReflectionDraw = uint.MaxValue;

    /// <summary>Tokens of prompts and replies so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>Plays to the end.</summary>
    /// <param name="plays">Their environments are reset.</param>
    /// <param name="temperature">Scores are divided by it.</param>
    /// <param name="cancellation">Stops it between two turns.</param>
    public void Play(IReadOnlyList<AgentPlay> plays, double temperature, CancellationToken cancellation = default)
    {
        var sampling = new SamplingOptions
        {
            MaximumTokens = prompts.LongestReply,
            Temperature = temperature,
            StopTokens = [prompts.ActionEnd],
        };
        for (int turn = 0; turn < prompts.Task.MostSteps; turn++)
        {
            cancellation.ThrowIfCancellationRequested();
            AgentPlay[] running = [.. plays.Where(play => !play.Environment.IsDone)];
            if (running.Length == 0)
                break;
            IReadOnlyList<GeneratedSequence> replies = Ask(running, prompts.Turn, sampling, (uint)turn);
            for (int i = 0; i < running.Length; i++)
                Take(running[i], replies[i]);
        }
        generator.ForgetKept();
    }

    /// <summary>Asks for a look back at each play, which it then has (<see cref="AgentPlay.Reflection"/>).</summary>
    /// <param name="plays">Plays that are over.</param>
    /// <param name="longest">The most tokens of one.</param>
    /// <param name="temperature">Scores are divided by it.</param>
    public void Reflect(IReadOnlyList<AgentPlay> plays, int longest, double temperature)
    {
        var sampling = new SamplingOptions
        {
            MaximumTokens = longest,
            Temperature = temperature,
            StopTokens = [prompts.ReflectEnd],
        };
        IReadOnlyList<GeneratedSequence> looks = Ask(plays, prompts.Reflection, sampling, ReflectionDraw);
        for (int i = 0; i < plays.Count; i++)
        {
            plays[i].Reflection = Turn(plays[i], looks[i], prompts.Decode([.. looks[i].Tokens]));
        }
    }

    IReadOnlyList<GeneratedSequence> Ask(
        IReadOnlyList<AgentPlay> plays, Func<AgentPlay, int[]> prompt, SamplingOptions sampling, uint draw)
    {
        foreach (AgentPlay play in plays)
        {
            (uint low, uint high, _, _) =
                new RandomKey(seed, RandomPurpose.Agent, (ulong)play.Trajectory).Words(draw);
            bool isTurn = draw != ReflectionDraw;
            long request = generator.Submit(prompt(play), sampling, ((ulong)high << 32) | low,
                isTurn ? play.LastRequest : null, isTurn && prompts.IsTranscript);
            if (isTurn)
                play.LastRequest = request;
        }
        IReadOnlyList<GeneratedSequence> replies = generator.Run();
        Tokens += replies.Sum(one => (long)one.Prompt.Count + one.Tokens.Count);
        return replies;
    }

    void Take(AgentPlay play, GeneratedSequence reply)
    {
        string text = prompts.Decode([.. reply.Tokens]);
        (string? action, int? progress) = prompts.Read(text);
        AgentTurn turn = Turn(play, reply, text) with { Action = action, Progress = progress };
        // Text that is no action is for the environment to answer: some charge for it.
        TextStep step = play.Environment.Step(action ?? "");
        play.Turns.Add(turn with { IsValid = action is not null && step.IsValid, Reward = step.Reward });
    }

    static AgentTurn Turn(AgentPlay play, GeneratedSequence reply, string text) => new()
    {
        Prompt = [.. reply.Prompt],
        Tokens = [.. reply.Tokens],
        LogProbs = [.. reply.LogProbabilities],
        Versions = [.. reply.Versions],
        IsFinished = reply.IsFinished,
        Observation = play.Environment.Observation,
        AnchorKey = play.Environment.AnchorKey,
        Reply = text,
    };
}
