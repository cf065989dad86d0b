using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// What K plays of one task brought under the same weights, time first: element (t, k) of an array [T, K, ·] begins at
/// (t · K + k) times the width. It is what a gradient of one task is taken from.
/// </summary>
sealed class Plays
{
    readonly ActionSpace action;

    /// <summary>Room for K plays of T steps.</summary>
    /// <param name="spaces">What is seen and decided.</param>
    /// <param name="K">Plays.</param>
    /// <param name="width">Numbers of an input row, D.</param>
    /// <exception cref="OptionException">The steps do not fit into one array.</exception>
    public Plays(TaskSpaces spaces, int K, int width)
    {
        action = spaces.Action;
        (MaxSteps, this.K, Width) = (spaces.TrialLength, K, width);
        if ((long)MaxSteps * K > Array.MaxLength / Math.Max(width, Math.Max(1, action.Size + action.Numbers)))
        {
            throw new OptionException("plays",
                $"{K} plays of {MaxSteps} steps are more than one array can hold; ask for fewer plays");
        }
        int count = MaxSteps * K;
        Rows = new float[count * width];
        Choices = new int[count * action.Choices];
        Draws = new float[count * action.Numbers];
        Allowed = new bool[spaces.Masks ? count * action.Size : 0];
        (Rewards, LogProbabilities) = (new float[count], new float[count]);
        (Active, Advantages, Ends) = (new float[count], new float[count], new float[count]);
    }

    /// <summary>Plays.</summary>
    public int K { get; }

    /// <summary>Numbers of an input row, D.</summary>
    public int Width { get; }

    /// <summary>The most steps of a play.</summary>
    public int MaxSteps { get; }

    /// <summary>The steps of the longest play, T; the others are padded to it.</summary>
    public int T { get; set; }

    /// <summary>The input rows, [T, K, D].</summary>
    public float[] Rows { get; }

    /// <summary>What was chosen, [T, K, choices], each from 0.</summary>
    public int[] Choices { get; }

    /// <summary>The numbers of the actions as they were drawn, [T, K, C].</summary>
    public float[] Draws { get; }

    /// <summary>Which options could be chosen, [T, K, A]; empty where all of them always could.</summary>
    public bool[] Allowed { get; }

    /// <summary>The rewards, [T, K].</summary>
    public float[] Rewards { get; }

    /// <summary>log π of the actions under the weights that took them, [T, K].</summary>
    public float[] LogProbabilities { get; }

    /// <summary>1 while a play goes on, 0 for the padding after its end, [T, K].</summary>
    public float[] Active { get; }

    /// <summary>1 where an episode ends, else 0, [T, K].</summary>
    public float[] Ends { get; }

    /// <summary>The advantages, [T, K].</summary>
    public float[] Advantages { get; }

    /// <summary>Steps that were played, without padding.</summary>
    public int Steps
    {
        get
        {
            float sum = 0;
            foreach (float active in Active.AsSpan(0, T * K))
                sum += active;
            return (int)sum;
        }
    }

    /// <summary>The mean total reward of a play.</summary>
    public double MeanReturn
    {
        get
        {
            double sum = 0;
            foreach (float reward in Rewards.AsSpan(0, T * K))
                sum += reward;
            return sum / K;
        }
    }

    /// <summary>Plays a trial K times.</summary>
    /// <param name="game">Of <see cref="RepeatedTrials"/>, with K lanes and a player of the policy.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="number">The number of the first play.</param>
    /// <exception cref="NonFiniteException">A reward or an observation is not a finite number.</exception>
    public void Play(Game game, ulong seed, ulong number)
    {
        var player = (AdaptivePlayer)game.Player;
        Array.Clear(Active);
        Array.Clear(Rewards);
        Array.Clear(Ends);
        game.Begin(seed, number);
        while (game.Decide())
        {
            int at = game.Steps * K;
            player.Rows.CopyTo(Rows.AsSpan(at * Width));
            player.Draws.CopyTo(Draws.AsSpan(at * action.Numbers));
            player.LogProbabilities.CopyTo(LogProbabilities.AsSpan(at));
            game.Actions.Choices.CopyTo(Choices.AsSpan(at * action.Choices));
            if (Allowed.Length > 0)
                game.Allowed.CopyTo(Allowed.AsSpan(at * action.Size));
            for (int k = 0; k < K; k++)
                Active[at + k] = (game.Endings[k] & Endings.TrialEnded) == 0 ? 1 : 0;
            game.Step();
            for (int k = 0; k < K; k++)
            {
                Rewards[at + k] = Active[at + k] * game.Rewards[k];
                Ends[at + k] = (game.Endings[k] & Endings.EpisodeEnded) != 0 ? Active[at + k] : 0;
            }
        }
        T = game.Steps;
    }

    // ---- one play, step by step ----

    /// <summary>Forgets what was played.</summary>
    public void Clear() => T = 0;

    /// <summary>Adds a decision of a single play, K = 1.</summary>
    public void Note(
        ReadOnlySpan<float> row, ReadOnlySpan<int> choices, ReadOnlySpan<float> draws, float logProbability,
        ReadOnlySpan<bool> allowed)
    {
        row.CopyTo(Rows.AsSpan(T * Width));
        choices.CopyTo(Choices.AsSpan(T * action.Choices));
        draws.CopyTo(Draws.AsSpan(T * action.Numbers));
        allowed.CopyTo(Allowed.AsSpan(Allowed.Length == 0 ? 0 : T * action.Size));
        (LogProbabilities[T], Active[T]) = (logProbability, 1);
        T++;
    }

    /// <summary>Adds what the last decision brought.</summary>
    public void NoteOutcome(float reward, bool ends) => (Rewards[T - 1], Ends[T - 1]) = (reward, ends ? 1 : 0);

    // ---- the same as constants of a tape, M = T · K rows ----

    /// <summary>What was seen, [M, D].</summary>
    public Tensor Seen(Tape tape) => tape.Constant(new Shape(T * K, Width), Rows.AsSpan(0, T * K * Width));

    /// <summary>What was done.</summary>
    public TakenActions Taken(Tape tape)
    {
        int M = T * K;
        var places = new IndexDraft(tape, action.Choices * M);
        for (int c = 0; c < action.Choices; c++)
        {
            for (int i = 0; i < M; i++)
                places.Host[c * M + i] = action.StartOf(c) + Choices[i * action.Choices + c];
        }
        return new TakenActions(places.Finish(), action.Numbers == 0 ? default
            : tape.Constant(new Shape(M, action.Numbers), Draws.AsSpan(0, M * action.Numbers)));
    }

    /// <summary>What is added to the logits, [M, A]; the default where all options are allowed.</summary>
    public Tensor Forbidden(Tape tape)
    {
        if (Allowed.Length == 0)
            return default;
        var forbidden = new Draft(tape, new Shape(T * K, action.Size));
        ActionMasks.Write(Allowed.AsSpan(0, T * K * action.Size), forbidden.Host);
        return forbidden.Finish();
    }

    /// <summary>One number for each step, [M, 1].</summary>
    /// <param name="tape">Whose constant it becomes.</param>
    /// <param name="numbers">One of the arrays [T, K].</param>
    public Tensor Column(Tape tape, float[] numbers) =>
        tape.Constant(new Shape(T * K, 1), numbers.AsSpan(0, T * K));
}
