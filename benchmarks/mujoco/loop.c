/* The plain C loop beside which our lanes are measured, and whose bits they must have:
     gcc -O2 benchmarks/mujoco/loop.c -o loop -lmujoco
     ./loop MODEL.xml STEPS FRAMESKIP          prints steps per second of processor time, then the positions and velocities as bits
   Controls come from a linear congruential generator, so that any language can draw the same ones. */
#include <mujoco/mujoco.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void print_bits(const char* name, const double* numbers, int count) {
    printf("%s", name);
    for (int i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, numbers + i, sizeof bits);
        printf(" %016llx", (unsigned long long)bits);
    }
    printf("\n");
}

int main(int argc, char** argv) {
    if (argc != 4) {
        fprintf(stderr, "loop MODEL.xml STEPS FRAMESKIP\n");
        return 2;
    }
    char error[1000] = "";
    mjModel* model = mj_loadXML(argv[1], NULL, error, sizeof error);
    if (!model) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    mjData* data = mj_makeData(model);
    int steps = atoi(argv[2]), skip = atoi(argv[3]);
    uint32_t random = 1;
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (int step = 0; step < steps; step++) {
        for (int motor = 0; motor < model->nu; motor++) {
            random = random * 1664525u + 1013904223u;
            data->ctrl[motor] = (random >> 8) * (1.0 / 8388608) - 1;
        }
        for (int i = 0; i < skip; i++)
            mj_step(model, data);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
    printf("%.0f\n", steps / seconds);
    print_bits("positions", data->qpos, model->nq);
    print_bits("velocities", data->qvel, model->nv);
    mj_deleteData(data);
    mj_deleteModel(model);
    return 0;
}
