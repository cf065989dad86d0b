using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// What <see cref="Maml"/> learned, as an agent that plays trials: it begins each with the weights that were learned
/// and takes its gradient steps within the trial, from the episodes played so far. With m inner steps and k episodes,
/// step j is taken after ⌈j·k / (m + 1)⌉ of them: of five episodes and one step, after three.
/// </summary>
sealed class AdaptingAgent(string name, Adaptation adaptation, MamlOptions options) : Agent
{
    public override string Name => name;

    public override Player CreatePlayer(TaskDistribution task, int lanes)
    {
        TaskSpaces spaces = adaptation.Policy.Spaces;
        if (task.Action != spaces.Action || task.Observation != spaces.Observation)
        {
            throw new NotSupportedException($"this policy was trained to see {spaces.Observation} and for " +
                $"{spaces.Action}, but {task.Name} shows {task.Observation} and has {task.Action}");
        }
        return new AdaptingPlayer(adaptation, options, task, lanes);
    }

    // All that it plays before its last step is for that step.
    internal override int EpisodesToExplore(int episodes) =>
        episodes == 1 ? 0 : EpisodesBefore(options.InnerSteps, episodes, options.InnerSteps);

    /// <summary>After how many episodes of k the gradient step j of m is taken.</summary>
    internal static int EpisodesBefore(int j, int episodes, int innerSteps) =>
        (int)(((long)j * episodes + innerSteps) / (innerSteps + 1));
}

/// <summary>N trials, in each of which the weights adapt on their own.</summary>
sealed class AdaptingPlayer : Player, IDisposable
{
    readonly Adaptation adaptation;
    readonly MamlOptions options;
    readonly int episodes;
    readonly AdaptivePlayer player;
    readonly LinearBaseline baseline;
    readonly Lane[] lanes;
    readonly Tape tape = new(new Arena());

    public AdaptingPlayer(Adaptation adaptation, MamlOptions options, TaskDistribution task, int count)
    {
        (this.adaptation, this.options, episodes) = (adaptation, options, task.Episodes);
        player = new AdaptivePlayer(adaptation.Policy, count);
        baseline = new LinearBaseline(adaptation.Policy.Width);
        TaskSpaces spaces = adaptation.Policy.Spaces with { TrialLength = task.TrialLength };
        lanes = [.. Enumerable.Range(0, count).Select(_ => new Lane(spaces, adaptation.Policy.Width))];
    }

    public override void Begin(ulong seed, ulong firstTrial)
    {
        player.Begin(seed, firstTrial);
        player.SetWeights(null);
        foreach (Lane lane in lanes)
            lane.Begin();
    }

    public override void Act(in Percept percept, ActionSpan actions)
    {
        for (int i = 0; i < lanes.Length && percept.Step > 0; i++)
            Learn(i, percept.PreviousRewards[i], percept.PreviousEndings[i]);
        player.Act(percept, actions);
        ActionSpace space = adaptation.Policy.Spaces.Action;
        int D = adaptation.Policy.Width, K = space.Choices, C = space.Numbers, A = space.Size;
        for (int i = 0; i < lanes.Length; i++)
        {
            if (lanes[i].IsOver || lanes[i].StepsTaken == options.InnerSteps)
                continue;
            lanes[i].Plays.Note(
                player.Rows.Slice(i * D, D), actions.Choices.Slice(i * K, K), player.Draws.Slice(i * C, C),
                player.LogProbabilities[i], percept.Allowed.IsEmpty ? [] : percept.Allowed.Slice(i * A, A));
        }
    }

    void Learn(int i, float reward, Endings ending)
    {
        Lane lane = lanes[i];
        if (lane.IsOver || lane.StepsTaken == options.InnerSteps)
            return;
        bool ends = (ending & Endings.EpisodeEnded) != 0;
        lane.Plays.NoteOutcome(reward, ends);
        lane.IsOver = (ending & Endings.TrialEnded) != 0;
        lane.Episodes += ends ? 1 : 0;
        if (lane.IsOver
            || lane.Episodes < AdaptingAgent.EpisodesBefore(lane.StepsTaken + 1, episodes, options.InnerSteps))
            return;
        Adaptation.Judge(lane.Plays, baseline, options.Discount, options.Lambda);
        lane.Weights = adaptation.Move(tape, lane.Plays, lane.Weights, lane.Memory);
        player.SetWeights(i, lane.Weights);
        lane.Plays.Clear();
        lane.StepsTaken++;
    }

    public void Dispose()
    {
        player.Dispose();
        tape.Arena.Dispose();
        foreach (Lane lane in lanes)
            lane.Memory.Dispose();
    }

    sealed class Lane(TaskSpaces spaces, int width)
    {
        public Plays Plays { get; } = new(spaces, 1, width);
        public Arena Memory { get; } = new();
        public Tensor[]? Weights { get; set; }
        public int Episodes { get; set; }
        public int StepsTaken { get; set; }
        public bool IsOver { get; set; }

        public void Begin()
        {
            Plays.Clear();
            Memory.Reset();
            (Weights, Episodes, StepsTaken, IsOver) = (null, 0, 0, false);
        }
    }
}
