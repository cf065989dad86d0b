/* Prints the table of src/RLSquared.MuJoCo/Native/StructureLayout.cs for the installed headers:
     gcc benchmarks/mujoco/offsets.c -o /tmp/offsets && /tmp/offsets */
#include <mujoco/mujoco.h>
#include <stddef.h>
#include <stdio.h>

#define FIELD(name, structure, field) printf("%s %zu\n", name, offsetof(structure, field))

int main(void) {
    printf("Version %d\n", mjVERSION_HEADER);
    printf("FilesSize %zu\n", sizeof(mjVFS));
    FIELD("FilesData", mjVFS, filedata);
    FIELD("PositionCount", mjModel, nq);
    FIELD("VelocityCount", mjModel, nv);
    FIELD("ControlCount", mjModel, nu);
    FIELD("BodyCount", mjModel, nbody);
    FIELD("JointCount", mjModel, njnt);
    FIELD("ShapeCount", mjModel, ngeom);
    FIELD("TimeStep", mjModel, opt.timestep);
    FIELD("InitialPositions", mjModel, qpos0);
    FIELD("BodyMasses", mjModel, body_mass);
    FIELD("JointStiffnesses", mjModel, jnt_stiffness);
    FIELD("JointRanges", mjModel, jnt_range);
    FIELD("Dampings", mjModel, dof_damping);
    FIELD("Gears", mjModel, actuator_gear);
    FIELD("Warnings", mjData, warning);
    FIELD("ContactCount", mjData, ncon);
    FIELD("Time", mjData, time);
    FIELD("Positions", mjData, qpos);
    FIELD("Velocities", mjData, qvel);
    FIELD("WarmStart", mjData, qacc_warmstart);
    FIELD("Controls", mjData, ctrl);
    FIELD("BodyPositions", mjData, xpos);
    FIELD("ExternalForces", mjData, cfrc_ext);
    return 0;
}
