using System.Runtime.CompilerServices;
using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Tasks;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Deployment;

/// <summary>
/// A trained policy in your own program: it receives the observation and the last reward, and says what
/// to do next. What it has learned of the present task is in its memory, which lasts for a trial: until
/// <see cref="BeginTrial()"/>.
/// <code>
/// using Actor agent = Agent.Load("runs/my-run");
/// float[] observation = world.Reset();
/// float reward = 0;                                   // of the last action; not looked at in a trial's first step
/// bool done = false;                                  // whether the last action ended the episode
/// while (true)
/// {
///     int action = agent.Act(observation, reward, done);
///     (observation, reward, done) = world.Step(action);
///     if (done)
///         observation = world.Reset();                // the next episode of the same task: the memory stays
///     if (world.HasChanged)
///         agent.BeginTrial();                         // another task: the memory is of no use any more
/// }
/// </code>
/// Acting allocates nothing. One actor serves one thread at a time; several actors of the same policy share its weights
/// and may act at once, each on a thread of its own. They act as the agent does in an evaluation, bit for bit.
/// </summary>
public sealed class Actor : IDisposable
{
    readonly PolicyPlayer player;
    readonly IDisposable? owned;
    readonly ulong firstTrial;
    readonly ActionBuffer actions;                      // what was done last
    readonly uint[] steps;                              // [N], within the trial
    readonly float[] seen, rewards;                     // [N, Width], [N]
    readonly Endings[] endings;                         // [N]
    readonly int[] choice = new int[1];
    ulong nextTrial;
    bool disposed;

    /// <summary>A policy that acts.</summary>
    /// <param name="network">
    /// The policy, such as <see cref="TrainedPolicy.Network"/>. It must outlive the actor, and its weights must not
    /// change meanwhile.
    /// </param>
    /// <param name="options">How it acts.</param>
    public Actor(Policy network, ActorOptions? options = null) : this(network, options, owned: null) { }

    internal Actor(Policy network, ActorOptions? options, IDisposable? owned)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new ActorOptions();
        this.owned = owned;
        (Spaces, Lanes) = (network.Spaces, options.Lanes);
        (firstTrial, nextTrial) = (options.FirstTrial, options.FirstTrial + (ulong)Lanes);
        actions = new ActionBuffer(Spaces.Action, Lanes);
        steps = new uint[Lanes];
        seen = new float[checked(Lanes * Spaces.Observation.Width)];
        rewards = new float[Lanes];
        endings = new Endings[Lanes];
        player = new PolicyPlayer(network, Lanes, options.Greedy, options.TrialLength);
        player.Begin(options.Seed, firstTrial);
    }

    /// <summary>What it sees and decides.</summary>
    public TaskSpaces Spaces { get; }

    /// <summary>Trials that are played side by side, N.</summary>
    public int Lanes { get; }

    /// <summary>
    /// The probabilities with which the last choices were made, [N, A], those of one choice after those of another;
    /// zeros before the first. They are overwritten by the next action.
    /// </summary>
    public ReadOnlySpan<float> Probabilities => player.ActionProbabilities;

    /// <summary>A new task in every lane: forgets what was learned of the last one.</summary>
    public void BeginTrial()
    {
        for (int lane = 0; lane < Lanes; lane++)
            BeginTrial(lane);
    }

    /// <summary>
    /// A new task in one lane. Its trial has the next number that no lane has had yet; before a lane's first step
    /// nothing changes.
    /// </summary>
    /// <param name="lane">0 … N − 1.</param>
    public void BeginTrial(int lane)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(lane);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lane, Lanes);
        if (steps[lane] == 0)
            return;
        steps[lane] = 0;
        player.BeginLane(lane, nextTrial++);
    }

    /// <summary>Decides one choice, where the task shows nothing, as a bandit does.</summary>
    /// <inheritdoc cref="Act(ReadOnlySpan{float}, float, bool, ReadOnlySpan{bool})"/>
    public int Act(float reward, bool done, ReadOnlySpan<bool> allowed = default) =>
        Act(ReadOnlySpan<float>.Empty, reward, done, allowed);

    /// <summary>Decides one choice, where the task shows the number of a state.</summary>
    /// <param name="state">0 … S − 1.</param>
    /// <inheritdoc cref="Act(ReadOnlySpan{float}, float, bool, ReadOnlySpan{bool})"/>
    /// <param name="reward"/><param name="done"/><param name="allowed"/>
    public int Act(int state, float reward, bool done, ReadOnlySpan<bool> allowed = default)
    {
        if (Spaces.Observation.Kind != ObservationKind.Discrete)
            throw new ArgumentException($"this agent sees {Sight()}, not the number of a state", nameof(state));
        return Act([state], reward, done, allowed);
    }

    /// <summary>Decides one choice, where the task shows an image of bytes.</summary>
    /// <param name="image">Rows from the top, pixels from the left, the channels of a pixel side by side.</param>
    /// <inheritdoc cref="Act(ReadOnlySpan{float}, float, bool, ReadOnlySpan{bool})"/>
    /// <param name="reward"/><param name="done"/><param name="allowed"/>
    public int Act(ReadOnlySpan<byte> image, float reward, bool done, ReadOnlySpan<bool> allowed = default)
    {
        RequireOneChoice();
        Act(image, [reward], [done], choice, allowed);
        return choice[0];
    }

    /// <summary>Decides one choice.</summary>
    /// <param name="observation">
    /// What the task shows: nothing, the number of a state, a vector, or an image of whole numbers 0 … 255.
    /// </param>
    /// <param name="reward">What the last action brought. In the first step of a trial it is not looked at.</param>
    /// <param name="done">
    /// Whether the last action ended the episode; the observation then is the next episode's first. In the first step
    /// of a trial it is not looked at.
    /// </param>
    /// <param name="allowed">Which options may be chosen, [A]; empty where all of them may.</param>
    /// <returns>The number of an option, 0 … A − 1.</returns>
    /// <exception cref="ArgumentException">
    /// An observation or a reward that cannot be, or no option left; the message says what would be right.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are several lanes, several choices, or numbers.</exception>
    /// <exception cref="ObjectDisposedException">The actor is disposed.</exception>
    [OverloadResolutionPriority(1)]                     // so that [] means no numbers and not no bytes
    public int Act(ReadOnlySpan<float> observation, float reward, bool done, ReadOnlySpan<bool> allowed = default)
    {
        RequireOneChoice();
        Act(observation, [reward], [done], choice, allowed);
        return choice[0];
    }

    /// <summary>Decides in every lane, where the task shows images of bytes; else as with floats.</summary>
    /// <param name="images">One after the other, [N, rows · columns · channels].</param>
    /// <param name="rewards">What the last actions brought, [N].</param>
    /// <param name="done">Whether the last actions ended the episode, [N].</param>
    /// <param name="actions">Receives the choices, [N, K], and the numbers, [N, C].</param>
    /// <param name="allowed">Which options may be chosen, [N, A]; empty where all of them may.</param>
    /// <exception cref="ArgumentException">What cannot be; the message says what would be right.</exception>
    /// <exception cref="ObjectDisposedException">The actor is disposed.</exception>
    public void Act(
        ReadOnlySpan<byte> images, ReadOnlySpan<float> rewards, ReadOnlySpan<bool> done, ActionSpan actions,
        ReadOnlySpan<bool> allowed = default)
    {
        if (Spaces.Observation.Kind != ObservationKind.Image)
            throw new ArgumentException($"this agent sees {Sight()}, not an image", nameof(images));
        RequireLength(images.Length, "observation", "numbers", Spaces.Observation.Width);
        for (int i = 0; i < images.Length; i++)
            seen[i] = images[i];
        Decide(rewards, done, actions, allowed);
    }

    /// <summary>Decides in every lane: any number of choices and numbers.</summary>
    /// <param name="observations">What the task shows, [N, Width].</param>
    /// <param name="rewards">
    /// What the last actions brought, [N]. In the first step of a lane's trial it is not looked at.
    /// </param>
    /// <param name="done">
    /// Whether the last actions ended the episode, [N]; the observation then is the next episode's first. In the first
    /// step of a lane's trial it is not looked at.
    /// </param>
    /// <param name="actions">
    /// Receives the choices, [N, K], and the numbers, [N, C], each from −1 to 1. An array of whole numbers will do
    /// where there are choices alone.
    /// </param>
    /// <param name="allowed">Which options may be chosen, [N, A]; empty where all of them may.</param>
    /// <exception cref="ArgumentException">
    /// An observation or a reward that cannot be, or no option left; the message says what would be right.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The actor is disposed.</exception>
    [OverloadResolutionPriority(1)]
    public void Act(
        ReadOnlySpan<float> observations, ReadOnlySpan<float> rewards, ReadOnlySpan<bool> done, ActionSpan actions,
        ReadOnlySpan<bool> allowed = default)
    {
        ObservationSpace space = Spaces.Observation;
        RequireLength(observations.Length, "observation", "numbers", space.Width);
        RequireFinite(observations, "observation", space.Width);
        if (space.Kind == ObservationKind.Discrete)
            RequireWhole(observations, space.Size - 1, "state", "states");
        else if (space.Kind == ObservationKind.Image)
            RequireWhole(observations, byte.MaxValue, "pixel", "pixels");
        observations.CopyTo(seen);
        Decide(rewards, done, actions, allowed);
    }

    void Decide(
        ReadOnlySpan<float> rewards, ReadOnlySpan<bool> done, ActionSpan actions, ReadOnlySpan<bool> allowed)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ActionSpace space = Spaces.Action;
        RequireLength(rewards.Length, "reward", "numbers", 1);
        RequireLength(done.Length, "done", "flags", 1);
        RequireLength(actions.Choices.Length, "place for choices", "numbers", space.Choices);
        RequireLength(actions.Numbers.Length, "place for numbers", "numbers", space.Numbers);
        if (!allowed.IsEmpty)
            RequireOptions(allowed);
        for (int lane = 0; lane < Lanes; lane++)
        {
            if (steps[lane] == 0)
            {
                this.actions.Span.Choices.Slice(lane * space.Choices, space.Choices).Clear();
                this.actions.Span.Numbers.Slice(lane * space.Numbers, space.Numbers).Clear();
                (this.rewards[lane], endings[lane]) = (0, Endings.Terminated);
            }
            else
            {
                this.rewards[lane] = float.IsFinite(rewards[lane]) ? rewards[lane] : throw new ArgumentException(
                    $"the reward of lane {lane} is {rewards[lane]}, and must be a finite number", nameof(rewards));
                endings[lane] = done[lane] ? Endings.Terminated : Endings.None;
            }
        }
        var percept = new Percept
        {
            Step = 0,
            LaneSteps = steps,
            Observations = seen,
            PreviousActions = this.actions.Span,
            PreviousRewards = this.rewards,
            PreviousEndings = endings,
            Allowed = allowed,
        };
        // The last actions have been read when the next ones are written.
        player.Act(percept, this.actions.Span);
        this.actions.Span.Choices.CopyTo(actions.Choices);
        this.actions.Span.Numbers.CopyTo(actions.Numbers);
        for (int lane = 0; lane < Lanes; lane++)
            steps[lane]++;
    }

    /// <summary>Returns the memory; that of the weights too, if they were loaded with the actor.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        disposed = true;
        player.Dispose();
        owned?.Dispose();
    }

    void RequireOneChoice()
    {
        if (Lanes > 1 || !Spaces.Action.IsDiscrete)
        {
            throw new InvalidOperationException(
                $"this agent decides {Spaces.Action} in {Lanes} lane{(Lanes == 1 ? "" : "s")}; " +
                "call Act with a place for all of that, such as an ActionSpan");
        }
    }

    void RequireLength(int length, string what, string unit, int width)
    {
        if (length == Lanes * width)
            return;
        string wanted = what == "observation" ? $", for it sees {Sight()}" : "";
        string lanes = Lanes == 1 ? "" : $" ({Lanes} lanes with {width})";
        throw new ArgumentException($"{what} has {length} {unit}, and must have {Lanes * width}{lanes}{wanted}");
    }

    static void RequireFinite(ReadOnlySpan<float> observations, string what, int width)
    {
        if (observations.IsEmpty || TensorPrimitives.IsFiniteAll(observations))
            return;
        int place = 0;
        while (float.IsFinite(observations[place]))
            place++;
        throw new ArgumentException($"number {place % width} of the {what} of lane {place / width} is " +
            $"{observations[place]}, and must be a finite number");
    }

    static void RequireWhole(ReadOnlySpan<float> numbers, int most, string one, string many)
    {
        foreach (float number in numbers)
        {
            if (!(number >= 0 && number <= most && number == MathF.Floor(number)))
                throw new ArgumentException($"there is no {one} {number}: {many} are whole numbers from 0 to {most}");
        }
    }

    void RequireOptions(ReadOnlySpan<bool> allowed)
    {
        ActionSpace space = Spaces.Action;
        RequireLength(allowed.Length, "allowed", "flags", space.Size);
        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int k = 0, start = lane * space.Size; k < space.Choices; start += space.SizeOf(k++))
            {
                if (!allowed.Slice(start, space.SizeOf(k)).Contains(true))
                {
                    throw new ArgumentException(
                        $"no option of choice {k} is allowed in lane {lane}; a choice must have one left");
                }
            }
        }
    }

    string Sight()
    {
        ObservationSpace space = Spaces.Observation;
        return space.Kind switch
        {
            ObservationKind.Nothing => "nothing",
            ObservationKind.Discrete => $"the number of one of {space.Size} states",
            ObservationKind.Vector => $"a vector of {space.Size} numbers",
            _ => $"an image of {space.Height} rows of {space.Across} pixels with {space.Channels} channels",
        };
    }
}
