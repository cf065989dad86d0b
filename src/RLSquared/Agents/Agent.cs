using RLSquared.Deployment;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>
/// Something that plays: a hand-designed learner such as UCB1, or a trained network. All of them see exactly the same
/// (<see cref="Percept"/>) and are evaluated on the same instances.
/// <para>To add an agent: 1. derive from this class and from <see cref="Player"/> in one file under <c>Opponents/</c>;
/// 2. list it in <see cref="AgentCatalogue"/>; 3. add its known answers under
/// <c>tests/RLSquared.Tests/Opponents</c>.</para>
/// </summary>
public abstract class Agent
{
    /// <summary>The name on the command line and in tables, such as <c>ucb1</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Every option with its value, as text; empty for an agent without options.</summary>
    public virtual IReadOnlyList<Assignment> Settings => [];

    /// <summary>Those of the settings that bear on how this agent plays a task: what tables show.</summary>
    public virtual IReadOnlyList<Assignment> SettingsFor(TaskDistribution task) => Settings;

    /// <summary>
    /// How many of a trial's first episodes it explores in, for the sake of the others; 0 for an agent that does not
    /// part them.
    /// </summary>
    /// <param name="episodes">The episodes of the trial.</param>
    internal virtual int EpisodesToExplore(int episodes) => 0;

    /// <summary>
    /// Loads a trained policy to act with in your own program, without the task and the algorithm that it comes
    /// from. Several actors with the same weights: <see cref="TrainedPolicy.Load"/>.
    /// </summary>
    /// <param name="path">The folder of a run, or one of its checkpoints: that file alone is enough.</param>
    /// <param name="options">How it acts; by default in one lane, and as in training.</param>
    /// <param name="checkpoint">Of a folder, <c>last</c> or <c>best</c>.</param>
    /// <exception cref="OptionException">There is no such folder, file or checkpoint.</exception>
    /// <exception cref="InvalidDataException">
    /// There is no checkpoint yet, or it is damaged, or holds no recurrent network; the message says which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Actor Load(string path, ActorOptions? options = null, string checkpoint = "last")
    {
        var policy = TrainedPolicy.Load(path, checkpoint);
        try
        {
            return new Actor(policy.Network, options, owned: policy);
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    /// <summary>Room for this agent's memory of N trials in lock-step.</summary>
    /// <exception cref="NotSupportedException">This agent cannot play such a task; the message says which it
    /// can.</exception>
    public abstract Player CreatePlayer(TaskDistribution task, int lanes);
}

/// <summary>An agent's memory of N trials. Neither method allocates.</summary>
public abstract class Player
{
    /// <summary>Forgets everything: a new trial begins in each lane.</summary>
    /// <param name="seed">The seed of whatever the agent itself draws.</param>
    /// <param name="firstTrial">The number of lane 0's trial; lane i plays trial <paramref name="firstTrial"/> +
    /// i.</param>
    public abstract void Begin(ulong seed, ulong firstTrial);

    /// <summary>Chooses an action in each lane, having seen what the last action brought.</summary>
    /// <param name="percept">What an agent sees before it acts.</param>
    /// <param name="actions">Receives what it decides in each lane; with one choice, <c>actions[lane]</c>.</param>
    public abstract void Act(in Percept percept, ActionSpan actions);

    /// <summary>
    /// The number of the skill that decided last in a lane; null for a player that is not made of skills.
    /// </summary>
    /// <param name="lane">0 … N − 1.</param>
    internal virtual int? SkillInCharge(int lane) => null;
}

/// <summary>
/// What an agent sees before it acts: the input of an RL² network (Duan et al. 2016, §2.2). At a trial's first step the
/// previous action and reward are 0 and the previous episode counts as ended.
/// </summary>
public readonly ref struct Percept
{
    /// <summary>The number of the step within the trial, 0, 1, ….</summary>
    public required int Step { get; init; }

    /// <summary>The observations, [N, Width].</summary>
    public required ReadOnlySpan<float> Observations { get; init; }

    /// <summary>The previous actions; 0 at step 0.</summary>
    public required ReadOnlyActionSpan PreviousActions { get; init; }

    /// <summary>The previous rewards, [N]; 0 at step 0.</summary>
    public required ReadOnlySpan<float> PreviousRewards { get; init; }

    /// <summary>What ended with the previous step, [N]; <see cref="Endings.Terminated"/> at step 0.</summary>
    public required ReadOnlySpan<Endings> PreviousEndings { get; init; }

    /// <summary>Which options may be chosen, [N, A]; empty where all of them always may.</summary>
    public ReadOnlySpan<bool> Allowed { get; init; }

    /// <summary>
    /// The number of each lane's step within its trial, [N], where lanes begin their trials apart; else empty.
    /// </summary>
    internal ReadOnlySpan<uint> LaneSteps { get; init; }

    /// <summary>Lanes, N.</summary>
    public int Lanes => PreviousEndings.Length;
}
