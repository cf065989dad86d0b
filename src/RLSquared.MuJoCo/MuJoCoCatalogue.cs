using RLSquared.MuJoCo.Tasks;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.MuJoCo;

/// <summary>
/// The tasks of this library by name. They can be listed on any machine; making one needs MuJoCo.
/// <para>To add a task: 1. a class derived from <see cref="LocomotionTask"/>, or a goal of one that is there; 2. one
/// line in <see cref="Tasks"/>; 3. its known answers under <c>tests/RLSquared.MuJoCo.Tests</c>; 4. a line in
/// <c>docs/mujoco.md</c>.</para>
/// </summary>
public static class MuJoCoCatalogue
{
    /// <summary>All tasks.</summary>
    public static IReadOnlyList<TaskEntry> Tasks { get; } =
    [
        Cheetah(HalfCheetahGoal.Forward, "a planar runner with six motors that must run forwards"),
        Cheetah(HalfCheetahGoal.Velocity, "the half-cheetah, running at a hidden target speed"),
        Cheetah(HalfCheetahGoal.Direction, "the half-cheetah, running in a hidden direction, forwards or backwards"),
        Ants(AntGoal.Forward, "four legs with eight motors that must run forwards without falling"),
        Ants(AntGoal.Velocity, "the ant, running at a hidden target speed"),
        Ants(AntGoal.Direction, "the ant, running in a hidden direction, forwards or backwards"),
        Ants(AntGoal.Twowalk, "the ant, moving to a hidden point, to the right or above"),
        Ants(AntGoal.Obstacles, "the ant in a course with walls and an enemy, with rewards only in the goal"),
    ];

    /// <summary>Makes the task of this name, with its defaults where the settings say nothing.</summary>
    /// <param name="name">The task's name, such as <c>half-cheetah-velocity</c>.</param>
    /// <param name="settings">Its options.</param>
    /// <exception cref="OptionException">An unknown task or key, or a value that cannot be.</exception>
    /// <exception cref="PhysicsException">MuJoCo is not found.</exception>
    public static TaskDistribution Create(string name, params IEnumerable<Assignment> settings) =>
        new Catalogue<TaskEntry>("task", entry => entry.Name, Tasks).Find(name).Create(settings);

    static TaskEntry Cheetah(HalfCheetahGoal goal, string description) => TaskEntry.Of(
        HalfCheetah.NameOf(goal), description, HalfCheetahOptions.TableFor(goal), options => new HalfCheetah(options));

    static TaskEntry Ants(AntGoal goal, string description) => TaskEntry.Of(
        Ant.NameOf(goal), description, AntOptions.TableFor(goal), options => new Ant(options));
}
