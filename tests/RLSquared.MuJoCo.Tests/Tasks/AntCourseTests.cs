using RLSquared.MuJoCo.Tasks;

namespace RLSquared.MuJoCo.Tests.Tasks;

public sealed class AntCourseTests
{
    [Fact]
    public void The_enemy_sleeps_until_the_ant_is_within_seven_and_a_half_metres()
    {
        double x = AntCourse.DenX, y = AntCourse.DenY;
        Assert.False(AntCourse.Chase(ref x, ref y, 0, 2.4, 0.1));
        Assert.Equal((AntCourse.DenX, AntCourse.DenY), (x, y));
        Assert.False(AntCourse.Chase(ref x, ref y, 0, 2.6, 0.1));
        Assert.Equal((0, 9.9), (x, y));
    }

    [Fact]
    public void It_runs_straight_to_the_ant_and_home_again_without_overshooting()
    {
        double x = 0, y = 10;
        Assert.False(AntCourse.Chase(ref x, ref y, 3, 6, 0.5));
        Assert.Equal((0.3, 9.6), (Math.Round(x, 9), Math.Round(y, 9)));
        Assert.False(AntCourse.Chase(ref x, ref y, 19, 19, 0.2));
        Assert.Equal((0.18, 9.76), (Math.Round(x, 9), Math.Round(y, 9)));
        for (int step = 0; step < 5; step++)
            AntCourse.Chase(ref x, ref y, 19, 19, 0.2);
        Assert.Equal((0, 10), (x, y));
    }

    [Fact]
    public void It_catches_within_a_metre_and_only_while_it_is_awake()
    {
        double x = 0, y = 10;
        Assert.True(AntCourse.Chase(ref x, ref y, 0.5, 10, 0.1));
        (x, y) = (19, 19);
        Assert.False(AntCourse.Chase(ref x, ref y, 19, 19, 0.1));
    }

    // The way that MLSH's figure shows: right, up between enemy and wall, right, up. It must not wake the enemy, and
    // keep an ant's half width of 0.8 m away from all walls; the straight ways must not.
    [Fact]
    public void There_is_a_way_past_the_enemy_and_the_walls_and_it_is_not_straight()
    {
        Assert.True(IsFree((0, 0), (11, 0)) && IsFree((11, 0), (11, 16)) && IsFree((11, 16), (17, 16)));
        Assert.True(AntCourse.InGoal(17, 16));
        Assert.False(IsFree((0, 0), (17, 17)) && IsFree((0, 0), (0, 17)));
        Assert.False(IsFree((0, 0), (0, 17)));
        Assert.False(IsFree((0, 0), (17, 0)));
        Assert.False(IsFree((17, 0), (17, 17)));

        static bool IsFree((double X, double Y) from, (double X, double Y) to) => Enumerable.Range(0, 201).All(i =>
        {
            double x = from.X + (to.X - from.X) * i / 200, y = from.Y + (to.Y - from.Y) * i / 200;
            double enemyX = 0, enemyY = 10;
            AntCourse.Chase(ref enemyX, ref enemyY, x, y, 0.1);
            return enemyY == 10 && enemyX == 0 && AntCourse.Walls.All(wall =>
                Math.Abs(x - wall.X) > wall.HalfX + 0.8 || Math.Abs(y - wall.Y) > wall.HalfY + 0.8);
        });
    }

    // An ant that is thrown at 6 m/s against a wall stays on its side; where there is none, it flies on.
    [PhysicsFact]
    public void Walls_hold_an_ant_back()
    {
        Assert.InRange(Thrown(new Ant(AntGoal.Obstacles).Model, 13, 5), 13, 15);
        Assert.True(Thrown(new Ant(AntGoal.Forward).Model, 13, 5) > 15.3);
        Assert.True(Thrown(new Ant(AntGoal.Obstacles).Model, 11, 16) > 13.3);

        static double Thrown(PhysicsModel model, double x, double y)
        {
            using var simulation = new Simulation(model);
            (simulation.Positions[0], simulation.Positions[1], simulation.Velocities[0]) = (x, y, 6);
            double furthest = x;
            for (int step = 0; step < 100; step++)
            {
                simulation.Step();
                furthest = Math.Max(furthest, simulation.Positions[0]);
            }
            return furthest;
        }
    }
}
