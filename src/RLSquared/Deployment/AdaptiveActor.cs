using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Deployment;

/// <summary>
/// A policy of <see cref="Maml"/> in a program of your own: it acts, is told what that brought, and adapts to the task
/// by a gradient step whenever you say so.
/// <code>
/// using AdaptiveActor agent = AdaptiveActor.Load("runs/my-run");
/// for (int episode = 0; episode &lt; 40; episode++)
/// {
///     float[] observation = world.Reset();
///     for (bool done = false; !done;)
///     {
///         int action = agent.Act(observation);
///         (observation, float reward, done) = world.Step(action);
///         agent.Receive(reward, done);
///     }
///     if (episode == 19)
///         agent.Adapt(episodes: 20);                  // by the twenty that were played
/// }
/// agent.BeginTask();                                  // another task: back to the weights that were learned
/// </code>
/// One actor serves one thread at a time.
/// </summary>
public sealed class AdaptiveActor : IDisposable
{
    readonly Adaptation adaptation;
    readonly MamlOptions options;
    readonly AdaptivePlayer player;
    readonly LinearBaseline baseline;
    readonly IDisposable? owned;
    readonly ActionBuffer actions;
    readonly Endings[] endings = new Endings[1];
    readonly float[] rewards = new float[1];
    readonly Tape tape = new(new Arena());
    readonly Arena memory = new();
    readonly List<Taken> steps = [];                                    // since the last adaptation
    readonly ulong seed;
    Tensor[]? weights;                                                  // θ′, or null for θ
    ulong task;
    int stepInTask;
    bool awaitsOutcome;

    /// <summary>An actor with the weights of a training, which must outlive it and not change meanwhile.</summary>
    /// <param name="maml">The training.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="greedy">Whether the likeliest action is taken; gradients want sampled ones.</param>
    public AdaptiveActor(Maml maml, ulong seed = 0, bool greedy = false)
        : this(Required(maml).Adaptation, maml.Options, seed, greedy, owned: null) { }

    AdaptiveActor(Adaptation adaptation, MamlOptions options, ulong seed, bool greedy, IDisposable? owned)
    {
        (this.adaptation, this.options, this.seed, this.owned) = (adaptation, options, seed, owned);
        player = new AdaptivePlayer(adaptation.Policy, 1, greedy);
        player.Begin(seed, task);
        baseline = new LinearBaseline(adaptation.Policy.Width);
        actions = new ActionBuffer(Spaces.Action, 1);
    }

    /// <summary>Loads what <c>maml</c> or <c>e-maml</c> has trained.</summary>
    /// <param name="path">The folder of a run, or one of its checkpoints: that file alone is enough.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <param name="greedy">Whether the likeliest action is taken; gradients want sampled ones.</param>
    /// <exception cref="OptionException">There is no such folder or file.</exception>
    /// <exception cref="InvalidDataException">
    /// There is no checkpoint yet, or it is damaged, or another algorithm trained it; the message says which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AdaptiveActor Load(string path, ulong seed = 0, bool greedy = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path))
            return Read(path, seed, greedy);
        if (!Directory.Exists(path))
            throw new OptionException("run", $"there is no run folder and no checkpoint {path}");
        return RunFolder.Open(path).ReadLast(file => Read(file, seed, greedy));
    }

    /// <summary>What it sees and decides.</summary>
    public TaskSpaces Spaces => adaptation.Policy.Spaces;

    /// <summary>Episodes that were finished since the last adaptation.</summary>
    public int Episodes { get; private set; }

    /// <summary>Gradient steps taken on this task so far.</summary>
    public int Adaptations { get; private set; }

    /// <summary>Decides one choice.</summary>
    /// <param name="observation">What the task shows, [Width].</param>
    /// <param name="allowed">Which options may be chosen, [A]; empty where all of them may.</param>
    /// <exception cref="InvalidOperationException">
    /// The policy decides more than one choice, or was not told what the last action brought.
    /// </exception>
    public int Act(ReadOnlySpan<float> observation, ReadOnlySpan<bool> allowed = default)
    {
        if (!Spaces.Action.IsDiscrete)
        {
            throw new InvalidOperationException(
                $"this policy decides {Spaces.Action}; hand over room for its choices and numbers");
        }
        Span<int> choice = stackalloc int[1];
        Act(observation, choice, [], allowed);
        return choice[0];
    }

    /// <summary>Decides.</summary>
    /// <param name="observation">What the task shows, [Width].</param>
    /// <param name="choices">Receives the choices, [K].</param>
    /// <param name="numbers">Receives the numbers, [C], each from −1 to 1.</param>
    /// <param name="allowed">Which options may be chosen, [A]; empty where all of them may.</param>
    /// <exception cref="ArgumentException">Something is of another length than the policy's.</exception>
    /// <exception cref="InvalidOperationException">It was not told what the last action brought.</exception>
    public void Act(
        ReadOnlySpan<float> observation, Span<int> choices, Span<float> numbers, ReadOnlySpan<bool> allowed = default)
    {
        if (awaitsOutcome)
            throw new InvalidOperationException("tell the agent what its last action brought before it acts again");
        RequireLength("observation", observation.Length, Spaces.Observation.Width);
        RequireLength("choices", choices.Length, Spaces.Action.Choices);
        RequireLength("numbers", numbers.Length, Spaces.Action.Numbers);
        if (!allowed.IsEmpty)
            RequireLength("allowed", allowed.Length, Spaces.Action.Size);
        var percept = new Percept
        {
            Step = stepInTask++,
            Observations = observation,
            PreviousActions = actions.Span,
            PreviousRewards = rewards,
            PreviousEndings = endings,
            Allowed = allowed,
        };
        player.Act(percept, actions.Span);
        actions.Choices.CopyTo(choices);
        actions.Numbers.CopyTo(numbers);
        steps.Add(new Taken(player.Rows.ToArray(), [.. actions.Choices], player.Draws.ToArray(),
            player.LogProbabilities[0], allowed.ToArray()));
        awaitsOutcome = true;
    }

    /// <summary>What the last action brought.</summary>
    /// <param name="reward">The reward.</param>
    /// <param name="done">Whether the episode ended.</param>
    /// <exception cref="InvalidOperationException">It has not acted since the last time.</exception>
    /// <exception cref="NonFiniteException">The reward is not a finite number.</exception>
    public void Receive(float reward, bool done)
    {
        if (!awaitsOutcome)
            throw new InvalidOperationException("let the agent act before you tell it what that brought");
        NonFiniteException.ThrowIfAny([reward], "reward", stepInTask - 1);
        (steps[^1].Reward, steps[^1].Ends) = (reward, done);
        Episodes += done ? 1 : 0;
        awaitsOutcome = false;
    }

    /// <summary>
    /// Takes one gradient step towards the task, by the last episodes that were played since the step before. They do
    /// not count again: the weights that played them are gone.
    /// </summary>
    /// <param name="episodes">How many; at least 1. The more there are, the less it goes by luck.</param>
    /// <exception cref="InvalidOperationException">Fewer were finished.</exception>
    public void Adapt(int episodes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(episodes, 1);
        if (Episodes < episodes)
        {
            throw new InvalidOperationException(
                $"the agent shall adapt by {episodes} episodes, but {Episodes} were finished since its last step");
        }
        int end = steps.FindLastIndex(step => step.Ends) + 1, first = end;
        for (int left = episodes + 1; first > 0 && (left -= steps[first - 1].Ends ? 1 : 0) > 0;)
            first--;
        var plays = new Plays(Spaces with { TrialLength = end - first }, K: 1, adaptation.Policy.Width);
        for (int i = first; i < end; i++)
        {
            Taken step = steps[i];
            bool[] allowed = Spaces.Masks && step.Allowed.Length == 0 ? AllAllowed() : step.Allowed;
            plays.Note(step.Row, step.Choices, step.Draws, step.LogProbability, Spaces.Masks ? allowed : []);
            plays.NoteOutcome(step.Reward, step.Ends);
        }
        Adaptation.Judge(plays, baseline, options.Discount, options.Lambda);
        weights = adaptation.Move(tape, plays, weights, memory);
        player.SetWeights(weights);
        steps.Clear();
        Episodes = 0;
        Adaptations++;
    }

    /// <summary>Another task: goes back to the weights that were learned, and forgets what was played.</summary>
    public void BeginTask()
    {
        weights = null;
        player.SetWeights(null);
        player.Begin(seed, ++task);
        memory.Reset();
        steps.Clear();
        (Episodes, Adaptations, stepInTask, awaitsOutcome) = (0, 0, 0, false);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        player.Dispose();
        tape.Arena.Dispose();
        memory.Dispose();
        owned?.Dispose();
    }

    static AdaptiveActor Read(string path, ulong seed, bool greedy)
    {
        using SafetensorsReader reader = Checkpoint.OpenChecked(path);
        Checkpoint checkpoint = Checkpoint.Describe(reader);
        if (checkpoint.Algorithm is not ("maml" or EMaml.Name))
        {
            throw new InvalidDataException($"{path} was trained by {checkpoint.Algorithm}, whose policy does not " +
                "adapt by gradients; load it with Agent.Load");
        }
        // No parameter is made that the file does not hold, so that no file takes more memory than it is long.
        var parameters = new ParameterSet((name, shape) =>
        {
            if (reader.Find(name) is not { } entry || entry.Shape != shape.ToString() || entry.Type != "F32")
            {
                throw new InvalidDataException(
                    $"{path} is not of a policy that its options tell: it lacks {name} {shape}");
            }
        });
        try
        {
            TaskSpaces spaces = checkpoint.Spaces
                ?? throw new InvalidDataException($"{path} does not say what its policy sees");
            MamlOptions options = EMaml.Table.ApplyOwn(checkpoint.Options);
            var policy = new AdaptivePolicy(spaces, options.Policy, seed: 0, parameters);
            Adaptation adaptation = Adaptation.Of(policy, options);
            foreach (Parameter parameter in parameters.All)
                reader.Read(parameter.Name, parameter.Value);
            return new AdaptiveActor(adaptation, options, seed, greedy, owned: policy);
        }
        catch (OptionException wrong)
        {
            parameters.Dispose();
            throw new InvalidDataException($"{path} holds no policy that can act: {wrong.Message}");
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    bool[] AllAllowed()
    {
        bool[] all = new bool[Spaces.Action.Size];
        Array.Fill(all, true);
        return all;
    }

    static Maml Required(Maml? maml) => maml ?? throw new ArgumentNullException(nameof(maml));

    static void RequireLength(string what, int length, int needed)
    {
        if (length != needed)
            throw new ArgumentException($"the {what} has {length} numbers; this policy needs {needed}");
    }

    /// <summary>One step that was taken.</summary>
    sealed class Taken(float[] row, int[] choices, float[] draws, float logProbability, bool[] allowed)
    {
        public float[] Row => row;
        public int[] Choices => choices;
        public float[] Draws => draws;
        public float LogProbability => logProbability;
        public bool[] Allowed => allowed;
        public float Reward { get; set; }
        public bool Ends { get; set; }
    }
}
